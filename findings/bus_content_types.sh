#!/usr/bin/env bash
# Two Python bus libraries disagree on which content types are JSON, and neither takes all that are.
#
# faststream 0.7.8 (with aio-pika 10.2.1) and kombu 5.7.0 through RabbitMQ 3.10.8.
# Guessed: parameters, letter case and "+json" types are understood by both.
# Seen: FastStream hands over bytes for application/cloudevents+json, for APPLICATION/JSON and for
#   "text/plain; charset=utf-8" (while text/plain is str); kombu hands over an undecoded str for
#   "application/json; charset=utf-8" too. Neither raises.
# For a service like ours: decode the body oneself from the bytes, and send plain application/json to others.
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
venv/bin/pip install -qq --disable-pip-version-check 'faststream[rabbit]==0.7.8' aio-pika==10.2.1 kombu==5.7.0 amqp==5.4.2

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
import kombu
from faststream.rabbit import RabbitBroker

URL = f"amqp://guest:guest@127.0.0.1:{sys.argv[1]}/"
TYPES = ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/cloudevents+json")
TEXT = ("text/plain", "text/plain; charset=utf-8")


async def send_all():
    broker, seen = RabbitBroker(URL, logger=None), asyncio.Queue()

    @broker.subscriber("faststream")
    async def on_message(body):
        await seen.put(type(body).__name__)

    await broker.start()
    async with await aio_pika.connect(URL) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kombu", durable=True)
        kinds = []
        for content_type in TYPES + TEXT:
            message = aio_pika.Message(b'{"a": 1}', content_type=content_type)
            for queue in ("faststream", "kombu"):
                await channel.default_exchange.publish(message, queue)
            kinds.append(await asyncio.wait_for(seen.get(), 10))
    await broker.stop()
    return kinds


def read_all():
    with kombu.Connection(URL) as connection:
        queue = kombu.Queue("kombu").bind(connection.channel())
        return [type(queue.get(no_ack=True).payload).__name__ for _ in TYPES + TEXT]


with_faststream, with_kombu = asyncio.run(send_all()), read_all()
for content_type, *kinds in zip(TYPES + TEXT, with_faststream, with_kombu):
    print(f"{content_type:33} FastStream: {kinds[0]:6} kombu: {kinds[1]}")
assert with_faststream == ["dict", "dict", "bytes", "bytes", "str", "bytes"], "the behaviour has changed"
assert with_kombu == ["dict", "str", "str", "str", "str", "str"], "the behaviour has changed"
PYTHON
