#!/usr/bin/env bash
# CloudAMQP's client for JavaScript sends numbers from 2**31 to 2**32 as negative ones, and fractions as 32-bit floats.
#
# npm @cloudamqp/amqp-client 4.1.1 and amqplib 2.3.1 write; pamqp 4.0.1 reads. Only codecs run, no broker.
# Guessed: an integer of more than 31 bits goes out in 64 bits (l), and a fraction as a double (d), as amqplib writes them.
# Seen: 3000000000 goes out in 32 bits with a sign (I) and arrives as -1294967296, -3000000000 as 1294967296; only from 2**32 on
#   are there 64 bits. Of fractions seven digits are left: the Unix time 1704067200.5 arrives as that of 1704067200, 0.1 as 0.10000000149.
# For a service like ours: take numbers from the headers of others as text too, and say in the documents that text is the safe form.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pamqp==4.0.1
npm install --loglevel error --no-audit --no-fund @cloudamqp/amqp-client@4.1.1 amqplib@2.3.1
cat > write.cjs <<'JAVASCRIPT'
const { AMQPView } = require(`${process.cwd()}/node_modules/@cloudamqp/amqp-client/lib/cjs/amqp-view.js`);
const { encodeTable } = require(`${process.cwd()}/node_modules/amqplib/lib/codec.js`);

const table = { limit: 3000000000, below: -3000000000, more: 2 ** 32, time: 1704067200.5, share: 0.1 };
const buffer = Buffer.alloc(200);
console.log(buffer.subarray(0, encodeTable(buffer, table, 0)).toString('hex'));
const view = new AMQPView(new ArrayBuffer(200));
console.log(Buffer.from(view.buffer, 0, view.setTable(0, table)).toString('hex'));
JAVASCRIPT
node write.cjs > tables
venv/bin/python <<'PYTHON'
from struct import pack, unpack

from pamqp.decode import field_table

sent = {"limit": 3000000000, "below": -3000000000, "more": 2**32, "time": 1704067200.5, "share": 0.1}
other, cloudamqp = [field_table(bytes.fromhex(line))[1] for line in open("tables")]
print("from amqplib:", other)
print("from amqp-client:", cloudamqp)
assert other == sent, "the behaviour has changed"
single = unpack("f", pack("f", 0.1))[0]
changed = {"limit": -1294967296, "below": 1294967296, "more": 2**32, "time": 1704067200.0, "share": single}
assert cloudamqp == changed, "the behaviour has changed"
PYTHON
