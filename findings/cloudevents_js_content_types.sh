#!/usr/bin/env bash
# The CloudEvents SDK for JavaScript parses JSON data only under two exact spellings of the content type.
#
# npm cloudevents 10.0.0 and PyPI cloudevents 2.2.0, HTTP binary mode.
# Guessed: data is parsed under every JSON content type, as CloudEvents and RFC 6839 have it.
# Seen: parsed under "application/json" and "application/json; charset=utf-8" only; without the space, in other letter
#   case or as "application/vnd.user+json" the data stays a string. Python's SDK parses all of these but other letter case.
# For a service like ours: send web hooks with exactly "application/json; charset=utf-8" or "application/json".
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cloudevents==2.2.0
npm install --loglevel error --no-audit --no-fund cloudevents@10.0.0
cat > types.txt <<'TYPES'
application/json
application/json; charset=utf-8
application/json;charset=utf-8
application/json; charset=UTF-8
Application/JSON
application/vnd.user+json
TYPES
node - > js.txt <<'JAVASCRIPT'
const { readFileSync } = require('node:fs');
const { HTTP } = require('cloudevents');

for (const type of readFileSync('types.txt', 'utf8').trim().split('\n')) {
  const headers = { 'ce-id': '1', 'ce-source': '/users', 'ce-type': 'user.created', 'ce-specversion': '1.0' };
  headers['content-type'] = type;
  console.log(typeof HTTP.toEvent({ headers, body: '{"user_id": 5}' }).data);
}
JAVASCRIPT
venv/bin/python - <<'PYTHON'
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent


def data_type(content_type):
    attributes = {"id": "1", "source": "/users", "type": "user.created", "specversion": "1.0"}
    headers = {f"ce-{name}": value for name, value in attributes.items()} | {"content-type": content_type}
    event = from_binary(HTTPMessage(headers, b'{"user_id": 5}'), JSONFormat(), CloudEvent)
    return type(event.get_data()).__name__


types = open("types.txt").read().splitlines()
in_javascript = open("js.txt").read().split()
in_python = [data_type(each) for each in types]
for row in zip(types, in_javascript, in_python):
    print("{:32} JavaScript: {:7} Python: {}".format(*row))
assert in_javascript == ["object", "object", "string", "string", "string", "string"], "the behaviour has changed"
assert in_python == ["dict", "dict", "dict", "dict", "str", "dict"], "the behaviour has changed"
PYTHON
