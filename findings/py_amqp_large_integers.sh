#!/usr/bin/env bash
# py-amqp, under kombu and Celery, writes integers from 2**31 on with a type letter that amqplib cannot read.
#
# amqp 5.4.2 (py-amqp), pika 1.4.4, pamqp 4.0.1; npm amqplib 2.3.1. Only their codecs run, no broker.
# Guessed: every client writes a 64-bit integer as type "l", since ints up to 2**63 cross without loss elsewhere.
# Seen: pika and pamqp write "l", py-amqp writes "L"; amqplib's decoder raises TypeError: Unexpected type tag "L".
# For a service like ours: keep large integers (times in milliseconds, ids) out of headers, or write them as text.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check amqp==5.4.2 pika==1.4.4 pamqp==4.0.1
npm install --loglevel error --no-audit --no-fund amqplib@2.3.1
venv/bin/python - > tables.txt <<'PYTHON'
import pamqp.encode
import pika.data
from amqp import serialization

MILLISECONDS = 1704067200000
pieces = []
pika.data.encode_table(pieces, {"at": MILLISECONDS})
amqp_writer = serialization.dumps("F", [{"at": MILLISECONDS}])
tables = {"pika": b"".join(pieces), "pamqp": pamqp.encode.field_table({"at": MILLISECONDS}), "py-amqp": amqp_writer}
for name, table in tables.items():
    print(name, table[4:].hex())
PYTHON
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { decodeFields } = require('./node_modules/amqplib/lib/codec.js');

const seen = {};
for (const line of readFileSync('tables.txt', 'utf8').trim().split('\n')) {
  const [name, hex] = line.split(' ');
  const table = Buffer.from(hex, 'hex');
  const letter = String.fromCharCode(table[1 + table[0]]);
  let read;
  try {
    read = String(decodeFields(table).at);
  } catch (error) {
    read = `${error.name}: ${error.message}`;
  }
  seen[name] = `${letter} -> ${read}`;
  console.log(`${name} writes type ${seen[name]}`);
}
assert.deepStrictEqual(seen, {
  pika: 'l -> 1704067200000',
  pamqp: 'l -> 1704067200000',
  'py-amqp': 'L -> TypeError: Unexpected type tag "L"',
}, 'the behaviour has changed');
JAVASCRIPT
