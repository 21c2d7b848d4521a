#!/usr/bin/env bash
# pika reads a header of type double as an integer, and cannot write one.
#
# pika 1.4.4 and aio-pika 10.2.1 through RabbitMQ 3.10.8.
# Guessed: a float in the headers survives between two Python clients.
# Seen: aio-pika's 1.5 is 1.5 for aio-pika but 1 for pika, and 0.25 is 0, without any error; pika itself refuses to send
#   a float (UnsupportedAMQPFieldException).
# For a service like ours: put a fraction (a delay, a score) into headers as text or as whole milliseconds.
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
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4 aio-pika==10.2.1

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
import asyncio
import sys

import aio_pika
import pika

port = int(sys.argv[1])
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).channel()
channel.queue_declare("headers")


async def send_and_receive():
    headers = {"delay": 1.5, "score": 0.25}
    async with await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{port}/") as connection:
        other = await connection.channel()
        for _ in range(2):
            await other.default_exchange.publish(aio_pika.Message(b"", headers=headers), "headers")
        read = await (await other.get_queue("headers")).get(no_ack=True)
    return headers, dict(read.headers)


sent, with_aio_pika = asyncio.run(send_and_receive())
with_pika = channel.basic_get("headers", auto_ack=True)[1].headers
try:
    channel.basic_publish("", "headers", b"", pika.BasicProperties(headers=sent))
    refusal = "none"
except pika.exceptions.UnsupportedAMQPFieldException as error:
    refusal = type(error).__name__
print("sent:         ", sent)
print("aio-pika read:", with_aio_pika)
print("pika read:    ", {name: int(value) for name, value in with_pika.items()}, type(with_pika["delay"]).__mro__[:2])
print("pika sends a float:", refusal)
assert with_aio_pika == sent, "the behaviour has changed"
assert with_pika == {"delay": 1, "score": 0}, "the behaviour has changed"
assert refusal == "UnsupportedAMQPFieldException", "the behaviour has changed"
PYTHON
