#!/usr/bin/env bash
# A null attribute that the JavaScript CloudEvents SDK writes makes Python's SDK refuse the whole event.
#
# npm cloudevents 10.0.0 writes, PyPI cloudevents 2.2.0 reads, HTTP structured mode.
# Guessed: both treat null as "not given", as the JSON format of CloudEvents says, and leave it out.
# Seen: JavaScript writes "subject":null; Python raises CloudEventValidationError for it. Without it the event is read.
# For a service like ours: take null attributes out of received events before validating, and never write them.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cloudevents==2.2.0
npm install --loglevel error --no-audit --no-fund cloudevents@10.0.0
node - <<'JAVASCRIPT'
const { writeFileSync } = require('node:fs');
const { CloudEvent, HTTP } = require('cloudevents');

for (const [name, extra] of [['without', {}], ['with', { subject: null }]]) {
  const event = new CloudEvent({ id: '1', source: '/users', type: 'user.created', data: { user_id: 5 }, ...extra });
  writeFileSync(`${name}.json`, HTTP.structured(event).body);
}
JAVASCRIPT
venv/bin/python - <<'PYTHON'
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent


def read(name):
    body = open(f"{name}.json", "rb").read()
    print(name, "null:", body.decode())
    headers = {"content-type": "application/cloudevents+json"}
    try:
        return from_structured(HTTPMessage(headers, body), JSONFormat(), CloudEvent).get_data()
    except CloudEventValidationError as error:
        return f"CloudEventValidationError: {error}"


without, with_null = read("without"), read("with")
print("Python reads without it:", without)
print("Python reads with it:   ", with_null)
assert without == {"user_id": 5}, "the behaviour has changed"
assert b'"subject":null' in open("with.json", "rb").read(), "the behaviour has changed"
assert with_null.startswith("CloudEventValidationError") and "subject" in with_null, "the behaviour has changed"
PYTHON
