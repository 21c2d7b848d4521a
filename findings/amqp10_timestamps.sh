#!/usr/bin/env bash
# A timestamp is wrong by a factor of 1000 after it crosses between AMQP 0-9-1 and AMQP 1.0.
#
# RabbitMQ 3.10.8 with its plug-in rabbitmq_amqp1_0; python-qpid-proton 0.40.0 and pika 1.4.4.
# Guessed: the broker converts 0-9-1 seconds to 1.0 milliseconds and back.
# Seen: the number is copied. 1704067200 s (2024-01-01) sent with 0-9-1 reads as 1704067.2 s (January 1970) in 1.0;
#   the same instant sent with 1.0 reads as 1704067200000 in 0-9-1, some 54,000 years from now.
# For a service like ours: carry the time of an event in its body (CloudEvents' `time`), never in the property.
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
venv/bin/pip install -qq --disable-pip-version-check python-qpid-proton==0.40.0 pika==1.4.4

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
echo "[rabbitmq_amqp1_0]." > plugins
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
import sys
import time

import pika
from proton import Message
from proton.utils import BlockingConnection

INSTANT = 1704067200
port = int(sys.argv[1])
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).channel()
channel.queue_declare("to_old")
channel.queue_declare("to_new")
connection = BlockingConnection(f"amqp://guest:guest@127.0.0.1:{port}", timeout=10)

channel.basic_publish("", "to_new", b"{}", pika.BasicProperties(timestamp=INSTANT))
new = connection.create_receiver("/amq/queue/to_new").receive(timeout=10).creation_time

message = Message(body=b"{}", inferred=True, creation_time=INSTANT)
connection.create_sender("/amq/queue/to_old").send(message, timeout=10)
for _ in range(50):
    method, received, _body = channel.basic_get("to_old", auto_ack=True)
    if method:
        break
    time.sleep(0.1)  # basic.get does not wait for a message
old = received.timestamp
connection.close()

print("sent with 0-9-1:", INSTANT, "s; read with 1.0:", new, "s")
print("sent with 1.0:", INSTANT, "s; read with 0-9-1:", old, "s")
assert new == INSTANT / 1000, "the behaviour has changed"
assert old == INSTANT * 1000, "the behaviour has changed"
PYTHON
