#!/usr/bin/env bash
# amqplib reads a negative decimal as a huge positive one.
#
# npm amqplib 2.3.1 reads what pika 1.4.4 and py-amqp 5.4.2 sent through RabbitMQ 3.10.8.
# Guessed: Decimal("-1.5") arrives as { places: 1, digits: -15 }.
# Seen: { places: 1, digits: 4294967281 }, that is 429496728.1; the Python clients read -1.5.
# For a service like ours: send an amount (a balance, a correction) as text or as a whole number, never as an AMQP decimal.
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
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4 amqp==5.4.2
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
venv/bin/python - "${ports[0]}" <<'PYTHON'
import decimal
import sys

import amqp
import pika

port = int(sys.argv[1])
balance = {"balance": decimal.Decimal("-1.5")}
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).channel()
channel.queue_declare("headers")
for _ in range(2):
    channel.basic_publish("", "headers", b"", pika.BasicProperties(headers=balance))
read = channel.basic_get("headers", auto_ack=True)[1].headers
with amqp.Connection(f"127.0.0.1:{port}") as connection:
    connection.channel().basic_publish(amqp.Message(b"", application_headers=balance), "", "headers")
print("sent and read in Python:", read)
assert read == balance, "the behaviour has changed"
PYTHON
node - "${ports[0]}" <<'JAVASCRIPT'
const assert = require('node:assert');
const amqplib = require('amqplib');

(async () => {
  const connection = await amqplib.connect(`amqp://127.0.0.1:${process.argv[2]}`);
  const channel = await connection.createChannel();
  for (const sender of ['pika', 'py-amqp']) {
    const { balance } = (await channel.get('headers', { noAck: true })).properties.headers;
    console.log(`amqplib reads ${sender}'s:`, JSON.stringify(balance));
    assert.deepStrictEqual(balance.value, { places: 1, digits: 4294967281 }, 'the behaviour has changed');
  }
  await connection.close();
})();
JAVASCRIPT
