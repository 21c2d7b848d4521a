#!/usr/bin/env bash
# A queue whose name has a letter outside of ASCII cannot be used from aio-pika, though RabbitMQ and pika take it.
#
# aio-pika 10.2.1, pamqp 4.0.1, pika 1.3.2, RabbitMQ 3.10.8.
# Guessed: a name that RabbitMQ keeps in UTF-8, up to 255 bytes, is a name for every client.
# Seen: what pika has declared, filled and lists by name, aio-pika can neither declare, ask for nor consume: pamqp, which writes its
#   frames, holds names to the letters that the protocol's document lists, and raises ValueError while the frame is written.
# For a service like ours: names of queues and consumers in ASCII, refused with a sentence where they are given.
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
venv/bin/pip install -qq --disable-pip-version-check aio-pika==10.2.1 pamqp==4.0.1 pika==1.3.2

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
import logging
import sys

import aio_pika
import pika

logging.disable(logging.CRITICAL)
NAME = "rechnungen.österreich"
port = int(sys.argv[1])
with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)) as connection:
    channel = connection.channel()
    channel.queue_declare(NAME)
    channel.basic_publish("", NAME, b"one")
    count = channel.queue_declare(NAME, passive=True).method.message_count
print(f"pika: {NAME} has {count} message")


async def main():
    async with await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{port}/") as connection:
        seen = []
        for passive in (True, False):
            channel = await connection.channel()
            try:
                await asyncio.wait_for(channel.declare_queue(NAME, passive=passive), 10)
                seen.append("declared")
            except Exception as error:
                seen.append(f"{type(error).__name__}: {error}")
        return seen


seen = asyncio.run(main())
print("aio-pika, passive and not:", *seen, sep="\n  ")
assert count == 1 and all(each.startswith("ValueError") for each in seen), "the behaviour has changed"
PYTHON
