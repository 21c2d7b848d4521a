#!/usr/bin/env bash
# bunny reads another client's negative integer as a large positive one.
#
# ruby-amq-protocol 2.3.2 of Debian 12, the codec of bunny; pika 1.4.4 and npm amqplib 2.3.1 write. Only codecs run, no broker.
# Guessed: -3 arrives as -3, as it does between all others, and a float as that float.
# Seen: pika's -3 (32 bits) arrives as 4294967293, amqplib's (8 bits) as 253, and amqplib's 32-bit float 1.5 as 6.9e-41.
#   bunny itself writes every integer in 64 bits and every float as a double, so between Ruby services all is well.
# For a service like ours: numbers that other teams' clients are to read (counters, offsets) go into the body or into text.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4
npm install --loglevel error --no-audit --no-fund amqplib@2.3.1
# Debian's packages, unpacked into the temporary folder; Ruby runs from there.
apt-get -qq download ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1 ruby-amq-protocol=2.3.2-1 \
  libgmp10=2:6.2.1+dfsg1-1.1 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
lib=$work/unpacked/usr/lib
platform=$(find "$lib" -name 'libruby-3.1.so.3.1' -printf '%h')
ruby() {
  LD_LIBRARY_PATH=$platform RUBYLIB=$work/unpacked/usr/share/rubygems-integration/all/gems/amq-protocol-2.3.2/lib:$lib/ruby/3.1.0:$platform/ruby/3.1.0 \
    "$work/unpacked/usr/bin/ruby3.1" --disable-gems "$@"
}
venv/bin/python > tables <<'PYTHON'
from pika.data import encode_table

pieces = []
encode_table(pieces, {"by": "pika", "number": -3})
print(b"".join(pieces).hex())
PYTHON
node >> tables <<'JAVASCRIPT'
const { encodeTable } = require(`${process.cwd()}/node_modules/amqplib/lib/codec.js`);

for (const number of [-3, { '!': 'float', value: 1.5 }]) {
  const buffer = Buffer.alloc(100);
  console.log(buffer.subarray(0, encodeTable(buffer, { by: 'amqplib', number }, 0)).toString('hex'));
}
JAVASCRIPT
ruby - tables <<'RUBY'
require 'amq/protocol'

read = File.readlines(ARGV[0]).map { |line| AMQ::Protocol::Table.decode([line.chomp].pack('H*')) }
read.each { |table| puts "bunny reads #{table['by']}'s: #{table['number']}" }
raise 'the behaviour has changed' unless read[0]['number'] == 4_294_967_293 && read[1]['number'] == 253
raise 'the behaviour has changed' unless read[2]['number'].between?(6e-41, 7e-41)

own = { 'number' => -3, 'float' => 1.5 }
puts "bunny reads its own: #{AMQ::Protocol::Table.decode(AMQ::Protocol::Table.encode(own))}"
raise 'the behaviour has changed' unless AMQ::Protocol::Table.decode(AMQ::Protocol::Table.encode(own)) == own
RUBY
