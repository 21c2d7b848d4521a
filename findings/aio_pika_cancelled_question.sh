#!/usr/bin/env bash
# A question to RabbitMQ that is given up may end the whole connection under aio-pika, with all of its channels.
#
# aio-pika 10.2.1, aiormq 7.2.4, RabbitMQ 3.10.8.
# Guessed: who stops waiting for a passive declare of a queue that is not there loses that channel at most.
# Seen: aiormq closes the channel of a call that is cancelled, while the broker closes the same one (404). One of both then sees a closing of a
#   channel that is gone, or an opening of one that is not: 504, CHANNEL_ERROR - expected 'channel.open', or second 'channel.open' seen.
#   It takes a few tries with a limit of about the time of an answer.
# For a service like ours: a connection of its own for what may run out of time, apart from that for messages.
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
venv/bin/pip install -qq --disable-pip-version-check aio-pika==10.2.1 aiormq==7.2.4

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
from aio_pika.exceptions import ChannelNotFoundEntity

logging.disable(logging.CRITICAL)
TRIES = 1000


async def ask(connection, seconds):
    channel = await connection.channel(publisher_confirms=False)
    try:
        async with asyncio.timeout(seconds):
            await channel.declare_queue("missing", passive=True)
    except (TimeoutError, ChannelNotFoundEntity):
        return


async def main():
    connection, endings = await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{sys.argv[1]}/"), []
    connection.close_callbacks.add(lambda _, error: endings.append(error))
    for number in range(TRIES):
        try:
            await ask(connection, 0.0002 * (1 + number % 20))
        except Exception:  # of a call that the ending connection meets
            await asyncio.sleep(0.1)
        if endings:
            print(f"after {number + 1} questions the connection ended: {endings[0]}")
            break
    assert "CHANNEL_ERROR" in str(endings), "the behaviour has changed"


asyncio.run(main())
PYTHON
