#!/usr/bin/env bash
# Node's EJSON changes bytes and large integers that its BSON keeps.
#
# npm bson 7.3.4, MongoDB's own package; PyPI pymongo 4.20.0.
# Guessed: a document is the same after a way through EJSON as through BSON, as extended JSON is there to keep the types.
# Seen: EJSON.stringify makes {"0": 1, "1": 2} of a Buffer or Uint8Array, with relaxed: false too, where BSON and PyMongo have binary data;
#   nothing is raised. EJSON.parse makes 9007199254740992 of {"$numberLong": "9007199254740993"}, since it is relaxed unless told
#   otherwise, even where the text is not; BSON gives a Long where a number cannot hold it. With relaxed: false the Long stays.
# For a service like ours: wrap bytes in Binary, parse with relaxed: false, and compare a dump that went through Node with its source.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pymongo==4.20.0
npm install --loglevel error --no-audit --no-fund bson@7.3.4
venv/bin/python > document.json <<'PYTHON'
from bson import Int64, json_util

print(json_util.dumps({"number": Int64(2**53 + 1), "salt": b"\1\2"}, json_options=json_util.CANONICAL_JSON_OPTIONS))
PYTHON
cat document.json
cat > bson.mjs <<'JAVASCRIPT'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { Binary, BSON, EJSON, Long } from 'bson';

const message = 'the behaviour has changed';
const text = readFileSync('document.json', 'utf8');
for (const relaxed of [true, false]) {
  const number = EJSON.stringify(EJSON.parse(text, { relaxed }).number, { relaxed: false });
  console.log(`EJSON.parse, relaxed ${relaxed}: ${number}`);
  assert.equal(number, relaxed ? '{"$numberLong":"9007199254740992"}' : '{"$numberLong":"9007199254740993"}', message);
}
assert.equal(EJSON.parse(text).number, 9007199254740992, message);
const kept = BSON.deserialize(BSON.serialize({ number: Long.fromString('9007199254740993'), salt: Buffer.from([1, 2]) }));
console.log('through BSON:', String(kept.number), kept.salt);
assert(String(kept.number) === '9007199254740993' && kept.salt instanceof Binary, message);
for (const salt of [Buffer.from([1, 2]), new Uint8Array([1, 2])]) {
  const written = EJSON.stringify({ salt }, { relaxed: false });
  console.log(`EJSON.stringify of a ${salt.constructor.name}: ${written}`);
  assert.equal(written, '{"salt":{"0":{"$numberInt":"1"},"1":{"$numberInt":"2"}}}', message);
}
assert.equal(EJSON.stringify({ salt: new Binary(Buffer.from([1, 2])) }), '{"salt":{"$binary":{"base64":"AQI=","subType":"00"}}}', message);
JAVASCRIPT
node bson.mjs
