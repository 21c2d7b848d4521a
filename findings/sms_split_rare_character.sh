#!/usr/bin/env bash
# Two SMS libraries cut a rare Chinese character in half between the parts of a long message.
#
# PyPI smpplib 2.2.4; npm node-pdu 2.1.1; npm split-sms 0.1.7.
# Guessed: all keep a character outside the Basic Multilingual Plane (two UTF-16 units) in one part, as split-sms does.
# Seen: smpplib (parts of 67 units) and node-pdu (63) put its first unit at the end of part 1 and its second at the start of
#   part 2, so a phone or gateway that reads parts one by one shows two replacement marks.
# For a service like ours: names hold such characters (U+20BB7); keep texts with names within one part of 70 units.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check smpplib==2.2.4 six
npm install --loglevel error --no-audit --no-fund node-pdu@2.1.1 split-sms@0.1.7
venv/bin/python - > smpplib.txt <<'PYTHON'
from smpplib import gsm

parts, _encoding, _class = gsm.make_parts("\u4e2d" * 66 + "\U00020bb7" + "\u4e2d" * 10)
print(" ".join(part[6:].hex() for part in parts))
PYTHON
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { Submit } = require('node-pdu');
const { split } = require('split-sms');

const after = (count) => '\u4e2d'.repeat(count) + '\u{20bb7}' + '\u4e2d'.repeat(10);
const utf16 = (hex) => Buffer.from(hex, 'hex').swap16().toString('utf16le');
const parts = {
  smpplib: readFileSync('smpplib.txt', 'utf8').trim().split(' ').map(utf16),
  'node-pdu': new Submit('+8613800138000', after(62)).getParts().map((part) => part.text),
  'split-sms': split(after(66)).parts.map((part) => part.content),
};
const halves = Object.fromEntries(Object.entries(parts).map(([name, [first, second]]) => [
  name,
  [first.charCodeAt(first.length - 1).toString(16), second.charCodeAt(0).toString(16)],
]));
for (const [name, [last, next]] of Object.entries(halves)) {
  console.log(`${name}: part 1 ends with unit ${last}, part 2 starts with unit ${next}`);
}
assert.deepStrictEqual(halves, {
  smpplib: ['d842', 'dfb7'],
  'node-pdu': ['d842', 'dfb7'],
  'split-sms': ['4e2d', 'd842'],
}, 'the behaviour has changed');
JAVASCRIPT
