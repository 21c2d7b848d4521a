#!/usr/bin/env bash
# A STOMP subscriber never sees a boolean header.
#
# RabbitMQ 3.10.8 with its plug-in rabbitmq_stomp; pika 1.4.4 sends, stomp-py 9.0.0 subscribes.
# Guessed: STOMP's headers are text, so True arrives as "true", as the integer 5 arrives as "5".
# Seen: integers and strings arrive, the boolean is left out without a word, and so is a null.
# For a service like ours: a flag in a header must be the text "true" if STOMP consumers are to see it.
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
venv/bin/pip install -qq --disable-pip-version-check stomp-py==9.0.0 pika==1.4.4

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
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(each.getsockname()[1] for each in taken), sep="\n")')
echo "[rabbitmq_stomp]." > plugins
echo "stomp.listeners.tcp.1 = 127.0.0.1:${ports[3]}" > rabbitmq.conf
export HOME=$work PATH=$lib/erlang/bin:$PATH ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=${ports[1]} \
  RABBITMQ_NODENAME=finding@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=${ports[0]} \
  RABBITMQ_DIST_PORT=${ports[2]} RABBITMQ_MNESIA_BASE=$work/db RABBITMQ_LOG_BASE=$work/log \
  RABBITMQ_PID_FILE=$work/rabbitmq.pid RABBITMQ_ENABLED_PLUGINS_FILE=$work/plugins \
  RABBITMQ_CONFIG_FILE=$work/rabbitmq RABBITMQ_CONF_ENV_FILE=$work/none
"$lib/erlang/bin/epmd" & pids=("$!")
"$lib"/rabbitmq/bin/rabbitmq-server > server.log 2>&1 < /dev/null & pids=("$!" "${pids[@]}")
for _ in $(seq 120); do grep -q 'completed with' server.log && break; sleep 0.5; done
grep -q 'completed with' server.log || { cat server.log; exit 1; }
venv/bin/python - "${ports[0]}" "${ports[3]}" <<'PYTHON'
import queue
import sys

import pika
import stomp

amqp_port, stomp_port = map(int, sys.argv[1:])
frames = queue.Queue()


class Listener(stomp.ConnectionListener):
    def on_message(self, frame):
        frames.put(frame.headers)


channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", amqp_port)).channel()
channel.queue_declare("flags")
subscriber = stomp.Connection12([("127.0.0.1", stomp_port)], vhost="/")
subscriber.set_listener("", Listener())
subscriber.connect("guest", "guest", wait=True)
subscriber.subscribe("/amq/queue/flags", id="1", ack="auto")
sent = {"attempt": 5, "tenant": "t1", "verified": True, "invited": False, "group": None}
channel.basic_publish("", "flags", b"{}", pika.BasicProperties(headers=sent))
received = frames.get(timeout=10)
subscriber.disconnect()

arrived = {name: received[name] for name in sent if name in received}
print("sent with AMQP:     ", sent)
print("received with STOMP:", arrived)
assert arrived == {"attempt": "5", "tenant": "t1"}, "the behaviour has changed"
PYTHON
