#!/usr/bin/env bash
# aio-pika hides why RabbitMQ refused a virtual host, and the error is not a connection error.
#
# aio-pika 10.2.1, aiormq 7.2.4, pika 1.4.4, RabbitMQ 3.10.8.
# Guessed: connecting to a virtual host that does not exist raises a ConnectionError that carries the broker's 530 text.
# Seen: aiormq's InvalidFrameError, "Expected one of ['Connection.OpenOk'], got <Connection.Close ...>": a
#   ProtocolSyntaxError outside AMQPConnectionError, without the reason; pika raises with 530 and the name. A wrong
#   password, by contrast, is a ConnectionError with its text.
# For a service like ours: start-up that retries on AMQPConnectionError does not retry here; print the URL's path too.
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
venv/bin/pip install -qq --disable-pip-version-check aio-pika==10.2.1 aiormq==7.2.4 pika==1.4.4

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


def error_of(password, vhost):
    try:
        asyncio.run(aio_pika.connect(f"amqp://guest:{password}@127.0.0.1:{port}/{vhost}"))
    except Exception as error:
        return error
    raise SystemExit("connected")


def error_of_pika():
    try:
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, "absent"))
    except pika.exceptions.AMQPConnectionError as error:
        return error


vhost, password, reference = error_of("guest", "absent"), error_of("wrong", ""), error_of_pika()
for name, error in (("vhost, aio-pika", vhost), ("password, aio-pika", password), ("vhost, pika", reference)):
    print(f"{name}: {type(error).__name__}, ConnectionError: {isinstance(error, ConnectionError)}: {error}")
assert type(vhost).__name__ == "InvalidFrameError", "the behaviour has changed"
assert not isinstance(vhost, ConnectionError), "the behaviour has changed"
assert "absent" not in str(vhost) and "530" not in str(vhost), "the behaviour has changed"
assert isinstance(password, ConnectionError) and "ACCESS_REFUSED" in str(password), "the behaviour has changed"
assert "530" in str(reference) and "absent" in str(reference), "the behaviour has changed"
PYTHON
