#!/usr/bin/env bash
# msgpackr and cbor-x write a whole number of more than 32 bits as a float, and Python prints it with ".0".
#
# npm msgpackr 2.1.4, cbor-x 1.6.9, msgpack5 6.1.0 and @msgpack/msgpack 3.1.3; PyPI msgpack 1.2.4 and cbor2 6.3.0.
# Guessed: a whole number of JavaScript is written as an integer up to 2**53, as msgpack5 and @msgpack/msgpack write it.
# Seen: msgpackr does so up to 2**32 and down to -2**31 only, cbor-x up to 2**32: the time 1704067200123 arrives in Python as
#   1704067200123.0, and f"user:{number}" is user:1704067200123.0. BullMQ has msgpackr, and Moleculer's serializer CBOR is cbor-x.
# For a service like ours: send ids and times as text, or as BigInt from Node; a reader that wants integers takes whole floats too.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check msgpack==1.2.4 cbor2==6.3.0
npm install --loglevel error --no-audit --no-fund --ignore-scripts msgpackr@2.1.4 cbor-x@1.6.9 msgpack5@6.1.0 @msgpack/msgpack@3.1.3
cat > write.mjs <<'JAVASCRIPT'
import { encode } from '@msgpack/msgpack';
import * as cbor from 'cbor-x';
import msgpack5 from 'msgpack5';
import { pack } from 'msgpackr';

const packages = { '@msgpack/msgpack': encode, msgpack5: msgpack5().encode, msgpackr: pack, 'cbor-x': cbor.encode };
for (const [name, write] of Object.entries(packages)) {
  for (const number of [4294967295, 1704067200123, -3000000000]) {
    console.log(`${name} ${Buffer.from(write(number).slice()).toString('hex')}`);
  }
}
console.log(`msgpackr, BigInt: ${pack(1704067200123n).toString('hex')}`);
JAVASCRIPT
node write.mjs > written
venv/bin/python <<'PYTHON'
import cbor2
import msgpack

found = {}
for line in open("written"):
    name, raw = line.strip().rsplit(" ", 1)
    number = (cbor2.loads if name == "cbor-x" else msgpack.unpackb)(bytes.fromhex(raw))
    print(f"from {name}: user:{number}")
    found.setdefault(name, []).append(str(number))
whole, changed = ["4294967295", "1704067200123", "-3000000000"], ["4294967295", "1704067200123.0", "-3000000000.0"]
assert found == {
    "@msgpack/msgpack": whole,
    "msgpack5": whole,
    "msgpackr": changed,
    "cbor-x": [*changed[:2], whole[2]],
    "msgpackr, BigInt:": ["1704067200123"],
}, "the behaviour has changed"
PYTHON
