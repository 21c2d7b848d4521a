#!/usr/bin/env bash
# amqplib turns a Date in the headers into an empty table.
#
# npm amqplib 2.3.1 through RabbitMQ 3.10.8, read with pika 1.4.4.
# Guessed: a Date is sent as an AMQP timestamp or refused, as it is in the `timestamp` property.
# Seen: the message is sent, and the header arrives as {}; the property refuses a Date with a TypeError.
# For a service like ours: Node callers must send times in headers as text, and an empty table is no "not given".
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
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4
npm install --loglevel error --no-audit --no-fund amqplib@2.3.1

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
node - "${ports[0]}" > sent.txt <<'JAVASCRIPT'
const amqplib = require('amqplib');

(async () => {
  const connection = await amqplib.connect(`amqp://127.0.0.1:${process.argv[2]}`);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('headers');
  const due = new Date(1704067200000);
  channel.sendToQueue('headers', Buffer.from('{}'), { headers: { due, text: due.toISOString() } });
  await channel.waitForConfirms();
  try {
    channel.sendToQueue('headers', Buffer.from('{}'), { timestamp: due });
    console.log('sent');
  } catch (error) {
    console.log(error.name);
  }
  await connection.close();
})();
JAVASCRIPT
venv/bin/python - "${ports[0]}" "$(cat sent.txt)" <<'PYTHON'
import sys

import pika

channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()
headers = channel.basic_get("headers", auto_ack=True)[1].headers
print("headers received:", headers)
print("Date as timestamp property:", sys.argv[2])
assert headers == {"due": {}, "text": "2024-01-01T00:00:00.000Z"}, "the behaviour has changed"
assert sys.argv[2] == "TypeError", "the behaviour has changed"
PYTHON
