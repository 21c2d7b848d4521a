#!/usr/bin/env bash
# bunny sends a decimal without what stands behind its point.
#
# ruby-amq-protocol 2.3.2 of Debian 12, the codec of bunny; pika 1.4.4 reads. Only codecs run, no broker.
# Guessed: BigDecimal("-1.5") arrives as Decimal("-1.5").
# Seen: as -1; 0.05 as 0.00 and 2.75 as 2. The scale is right, the digits are those of the whole part alone.
# For a service like ours: as with other clients' decimals, send an amount as text or as a whole number of cents.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4
# Debian's packages, unpacked into the temporary folder; Ruby runs from there.
apt-get -qq download ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1 ruby-amq-protocol=2.3.2-1 \
  libgmp10=2:6.2.1+dfsg1-1.1 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
lib=$work/unpacked/usr/lib
platform=$(find "$lib" -name 'libruby-3.1.so.3.1' -printf '%h')
LD_LIBRARY_PATH=$platform RUBYLIB=$work/unpacked/usr/share/rubygems-integration/all/gems/amq-protocol-2.3.2/lib:$lib/ruby/3.1.0:$platform/ruby/3.1.0 \
  "$work/unpacked/usr/bin/ruby3.1" --disable-gems > tables <<'RUBY'
require 'amq/protocol'
require 'bigdecimal'

['-1.5', '0.05', '2.75', '120'].each { |each| puts AMQ::Protocol::Table.encode('amount' => BigDecimal(each)).unpack1('H*') }
RUBY
venv/bin/python <<'PYTHON'
from pathlib import Path

from pika.data import decode_table

read = [str(decode_table(bytes.fromhex(line), 0)[0]["amount"]) for line in Path("tables").read_text().split()]
for sent, amount in zip(("-1.5", "0.05", "2.75", "120"), read, strict=True):
    print(f"{sent} arrives as {amount}")
assert read == ["-1", "0.00", "2", "120"], "the behaviour has changed"
PYTHON
