#!/usr/bin/env bash
# A consumer that rejects a message of a stream loses its connection.
#
# RabbitMQ 3.10.8; pika 1.4.4.
# Guessed: on a stream, where nothing is removed, basic.reject and basic.nack count as an acknowledgement.
# Seen: 540 NOT_IMPLEMENTED, and the connection is closed with every other consumer on it; so does auto-ack.
# For a service like ours: a library that rejects failed messages (FastStream's default) must not read a stream unchanged.
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
import sys

import pika


def consume(answer, auto_ack=False):
    channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()
    channel.queue_declare("audit", durable=True, arguments={"x-queue-type": "stream"})
    channel.confirm_delivery()
    channel.basic_publish("", "audit", b"{}")
    channel.basic_qos(prefetch_count=1)
    bodies = []

    def on_message(channel, method, _properties, body):
        bodies.append(body)
        answer(channel, method.delivery_tag)

    try:
        channel.basic_consume("audit", on_message, auto_ack=auto_ack, arguments={"x-stream-offset": "first"})
        for _ in range(20):
            channel.connection.process_data_events(0.1)
    except pika.exceptions.ConnectionClosedByBroker as error:
        return f"connection closed, {error.reply_code}"
    return "fine" if bodies else "nothing arrived"


seen = {
    "ack": consume(lambda channel, tag: channel.basic_ack(tag)),
    "reject": consume(lambda channel, tag: channel.basic_reject(tag, requeue=False)),
    "nack": consume(lambda channel, tag: channel.basic_nack(tag)),
    "auto-ack": consume(lambda *_: None, auto_ack=True),
}
for name, result in seen.items():
    print(f"{name}: {result}")
closed = "connection closed, 540"
assert list(seen.values()) == ["fine", closed, closed, closed], "the behaviour has changed"
PYTHON
