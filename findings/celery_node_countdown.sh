#!/usr/bin/env bash
# A task that Celery was to start in an hour runs at once on a worker of celery-node.
#
# npm celery-node 0.5.9; PyPI celery 5.7.0; RabbitMQ 3.10.8.
# Guessed: a worker that speaks Celery's protocol, version 2, heeds the header eta, or refuses a task that has one.
# Seen: of two tasks, one as usual and one with countdown=3600, celery-node runs both, and Celery's own worker the first alone. The
#   message of the second is acknowledged before it runs, so that nothing is left for later. What came as keyword arguments, even
#   none, is one argument more at the end.
# For a service like ours: what is to happen later (reminders, deletions) carries its time in its body, and the consumer looks at it.
# RabbitMQ of Debian 12, unpacked into the temporary folder, on free loopback ports.
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
venv/bin/pip install -qq --disable-pip-version-check celery==5.7.0
npm install --loglevel error --no-audit --no-fund celery-node@0.5.9

# RabbitMQ of Debian 12, unpacked into the temporary folder, on free loopback ports.
erlang=1:25.2.3+dfsg-1+deb12u4
packages=(rabbitmq-server=3.10.8-1.1+deb12u1)
for part in base asn1 crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools \
  tftp tools xmerl; do packages+=("erlang-$part=$erlang"); done
apt-get -qq download "${packages[@]}" 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
lib=$work/unpacked/usr/lib
sed -i "s#/usr/lib/erlang#$lib/erlang#g" "$lib"/erlang/bin/{erl,start} "$lib"/erlang/erts-*/bin/{erl,start}
mapfile -t ports < <(python3 -c 'import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(each.getsockname()[1] for each in taken), sep="\n")')
echo "[]." > plugins
export HOME=$work PATH=$lib/erlang/bin:$PATH ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=${ports[1]} \
  RABBITMQ_NODENAME=finding@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=${ports[0]} \
  RABBITMQ_DIST_PORT=${ports[2]} RABBITMQ_MNESIA_BASE=$work/db RABBITMQ_LOG_BASE=$work/log \
  RABBITMQ_PID_FILE=$work/rabbitmq.pid RABBITMQ_ENABLED_PLUGINS_FILE=$work/plugins \
  RABBITMQ_CONFIG_FILE=$work/rabbitmq RABBITMQ_CONF_ENV_FILE=$work/none
"$lib/erlang/bin/epmd" & pids=("$!")
"$lib"/rabbitmq/bin/rabbitmq-server > server.log 2>&1 < /dev/null & pids=("$!" "${pids[@]}")
for _ in $(seq 120); do grep -q 'completed with' server.log && break; sleep 0.5; done
grep -q 'completed with' server.log || { cat server.log; exit 1; }
cat > tasks.py <<'PYTHON'
import os
from pathlib import Path

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.task_ignore_result = True


@app.task(name="finding.run")
def run(which):
    with Path("python.txt").open("a") as file:
        file.write(f"{which}\n")
PYTHON
cat > worker.cjs <<'JAVASCRIPT'
const { appendFileSync } = require('node:fs');
const { createWorker } = require('celery-node');

const worker = createWorker(process.env.BROKER, process.env.BROKER, 'node');
worker.register('finding.run', async (which, ...more) => appendFileSync('node.txt', `${which} ${JSON.stringify(more)}\n`));
worker.start();
JAVASCRIPT
export BROKER=amqp://127.0.0.1:${ports[0]}
venv/bin/python <<'PYTHON'
from tasks import run

for queue in ("python", "node"):
    run.apply_async(["later"], queue=queue, countdown=3600)
    run.apply_async(["usual"], queue=queue)
PYTHON
touch python.txt node.txt
venv/bin/celery -A tasks worker -Q python -P solo --without-gossip --without-mingle > celery.log 2>&1 & pids=("$!" "${pids[@]}")
node worker.cjs > node.log 2>&1 & pids=("$!" "${pids[@]}")
for _ in $(seq 60); do grep -q usual python.txt && grep -q usual node.txt && break; sleep 0.5; done
sleep 1
echo "Celery's worker has run:"; cat python.txt
echo "celery-node's worker has run:"; cat node.txt
[[ $(cat python.txt) = usual && $(sort node.txt) = $'later [{}]\nusual [{}]' ]] || { echo 'the behaviour has changed'; exit 1; }
