#!/usr/bin/env bash
# A dot in an MQTT topic reaches other MQTT clients as a slash.
#
# RabbitMQ 3.10.8 with its plug-in rabbitmq_mqtt; paho-mqtt 2.2.0 publishes and subscribes, pika 1.4.4 looks from AMQP.
# Guessed: between two MQTT clients a topic stays what it was; only AMQP sees slashes as dots, and dots as slashes.
# Seen: what is published to sensor/1.5 arrives as sensor/1/5, at the subscriber of sensor/1.5 as at that of sensor/1/5 and of
#   sensor/+/+, so that two topics are one; AMQP sees sensor.1.5 for both.
# For a service like ours: a client that sorts what arrives by its topic compares with slashes; a topic must not hold a number
#   with a point, a host name or an address.
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
venv/bin/pip install -qq --disable-pip-version-check paho-mqtt==2.2.0 pika==1.4.4

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
echo "[rabbitmq_mqtt]." > plugins
echo "mqtt.listeners.tcp.1 = 127.0.0.1:${ports[3]}" > rabbitmq.conf
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
from paho.mqtt import client as mqtt

amqp_port, mqtt_port = map(int, sys.argv[1:])
FILTERS = ("sensor/1.5", "sensor/1/5", "sensor/+/+")
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", amqp_port)).channel()
channel.queue_declare("seen")
channel.queue_bind("seen", "amq.topic", "#")


def connect(heard):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.username_pw_set("guest", "guest")
    client.on_message = lambda *args: heard.put(args[-1].topic)
    client.on_subscribe = lambda *args: heard.put("subscribed")
    client.connect("127.0.0.1", mqtt_port)
    client.loop_start()
    return client


subscribers = {}
for each in FILTERS:
    heard = queue.Queue()
    subscriber = connect(heard)
    subscriber.subscribe(each, 1)
    assert heard.get(timeout=10) == "subscribed"
    subscribers[each] = subscriber, heard
publisher = connect(queue.Queue())
for topic in ("sensor/1.5", "sensor/1/5"):
    publisher.publish(topic, b"", 1).wait_for_publish(10)
    arrived = {each: heard.get(timeout=10) for each, (_, heard) in subscribers.items()}
    key = channel.basic_get("seen", auto_ack=True)[0].routing_key
    print(f"published to {topic}: routing key {key}; arrives, by subscription: {arrived}")
    assert arrived == dict.fromkeys(FILTERS, "sensor/1/5") and key == "sensor.1.5", "the behaviour has changed"
for client, _ in [*subscribers.values(), (publisher, None)]:
    client.disconnect()
    client.loop_stop()
PYTHON
