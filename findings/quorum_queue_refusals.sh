#!/usr/bin/env bash
# Quorum queues refuse two ordinary calls: a conditional delete closes the whole connection.
#
# RabbitMQ 3.10.8; pika 1.4.4.
# Guessed: queue.delete(if_unused or if_empty) works as on a classic queue; basic.get works beside a single active consumer.
# Seen: the delete answers 540 NOT_IMPLEMENTED and closes the connection with all its channels; basic.get on a queue with
#   x-single-active-consumer answers 405 RESOURCE_LOCKED, where a classic queue hands the message over.
# For a service like ours: tools that tidy up or peek need a connection of their own, apart from the workers'.
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


def new_channel():
    return pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()


def declare(channel, name, kind, **arguments):
    channel.queue_declare(name, durable=True, arguments={"x-queue-type": kind, **arguments})


def outcome(call):
    channel = new_channel()
    other = channel.connection.channel()
    try:
        call(channel)
    except (pika.exceptions.ChannelClosedByBroker, pika.exceptions.ConnectionClosedByBroker) as error:
        return error.reply_code, "other channel open" if other.is_open else "other channel closed"
    return "done"


def delete_unused(kind):
    def call(channel):
        declare(channel, "unused_" + kind, kind)
        channel.queue_delete("unused_" + kind, if_unused=True)

    return call


def get_beside_consumer(kind):
    def call(channel):
        name = "single_" + kind
        declare(channel, name, kind, **{"x-single-active-consumer": True})
        consumer = new_channel()
        consumer.basic_qos(prefetch_count=1)
        consumer.basic_consume(name, lambda *_: None)
        channel.confirm_delivery()
        for body in (b"1", b"2"):
            channel.basic_publish("", name, body)
        assert channel.basic_get(name)[0]

    return call


seen = {
    f"{name} {kind}": outcome(make(kind))
    for name, make in (("delete if unused,", delete_unused), ("get beside a single active consumer,", get_beside_consumer))
    for kind in ("classic", "quorum")
}
for name, result in seen.items():
    print(f"{name}: {result}")
assert list(seen.values()) == [
    "done",
    (540, "other channel closed"),
    "done",
    (405, "other channel open"),
], "the behaviour has changed"
PYTHON
