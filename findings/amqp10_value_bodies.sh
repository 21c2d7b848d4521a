#!/usr/bin/env bash
# An AMQP 1.0 string reaches AMQP 0-9-1 consumers as undecoded bytes.
#
# RabbitMQ 3.10.8 with its plug-in rabbitmq_amqp1_0; python-qpid-proton 0.40.0 sends, pika 1.4.4 reads.
# Guessed: the body "hello", sent as a 1.0 value, arrives as the five bytes hello, and `type`, which 1.0 lacks, is empty.
# Seen: it arrives as 00 53 77 a1 05 h e l l o (the encoded 1.0 section) with the property type = "amqp-1.0";
#   only a body sent as 1.0 data arrives as it is, then with type = "binary".
# For a service like ours: a 1.0 client must send its JSON as binary data, and `type` cannot carry a message's name.
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

port = int(sys.argv[1])
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).channel()
channel.queue_declare("bodies")
connection = BlockingConnection(f"amqp://guest:guest@127.0.0.1:{port}", timeout=10)
sender = connection.create_sender("/amq/queue/bodies")


def cross(**parts):
    sender.send(Message(**parts), timeout=10)
    for _ in range(50):
        method, properties, body = channel.basic_get("bodies", auto_ack=True)
        if method:
            return properties.type, body
        time.sleep(0.1)  # basic.get does not wait for a message
    raise SystemExit("nothing arrived")


value = cross(body="hello")
data = cross(body=b"hello", inferred=True)
print("sent as value:", value)
print("sent as data: ", data)
connection.close()
assert value == ("amqp-1.0", b"\x00Sw\xa1\x05hello"), "the behaviour has changed"
assert data == ("binary", b"hello"), "the behaviour has changed"
PYTHON
