#!/usr/bin/env bash
# Python's CloudEvents SDK writes JSON strings and booleans that are not JSON in binary mode.
#
# PyPI cloudevents 2.2.0, RabbitMQ and HTTP bindings.
# Guessed: data "hello", True and "5" under application/json become "hello" in quotes, true and "5", and come back as sent.
# Seen: the bodies are hello, True and 5; read back they are "hello", "True" and the number 5. Objects are fine.
# For a service like ours: always send an object as the data of an event, never a bare string or flag.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cloudevents==2.2.0
venv/bin/python - <<'PYTHON'
from cloudevents.core.bindings import http, rabbitmq
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

ATTRIBUTES = {
    "id": "1",
    "source": "/users",
    "type": "user.renamed",
    "specversion": "1.0",
    "datacontenttype": "application/json",
}


def travel(binding, data):
    message = binding.to_binary(CloudEvent(ATTRIBUTES, data), JSONFormat())
    return message.body, binding.from_binary(message, JSONFormat(), CloudEvent).get_data()


for binding in (http, rabbitmq):
    name = binding.__name__.rsplit(".", 1)[1]
    seen = {repr(data): travel(binding, data) for data in ("hello", True, "5", {"name": "hello"})}
    for data, (body, back) in seen.items():
        print(f"{name:9} data {data:18} body {body.decode():18} read back as {back!r}")
    assert seen == {
        "'hello'": (b"hello", "hello"),
        "True": (b"True", "True"),
        "'5'": (b"5", 5),
        "{'name': 'hello'}": (b'{"name": "hello"}', {"name": "hello"}),
    }, "the behaviour has changed"
PYTHON
