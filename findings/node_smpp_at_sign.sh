#!/usr/bin/env bash
# An at sign that the smpp package for Node sends is read as a zero byte by a Python library.
#
# npm smpp 0.5.1 writes; PyPI aiosmpplib 0.7.4 and smpplib 2.2.4.
# Guessed: letters of GSM 03.38 go out under data_coding 0, the default alphabet, as smpplib sends them.
# Seen: smpp writes the bytes of GSM 03.38 (@ is 00, $ is 02, _ is 11, é is 05) and labels them data_coding 1, which is ASCII in
#   section 5.2.19 of SMPP 3.4. aiosmpplib goes by the label: ada_l@example.org arrives with control characters for _ and @, and é is
#   one too; nothing is raised. Digits and unaccented letters are the same in both alphabets, so that tests with codes pass.
# For a service like ours: set data_coding in each message oneself, and let the test message hold an address.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiosmpplib==0.7.4 smpplib==2.2.4 six
npm install --loglevel error --no-audit --no-fund smpp@0.5.1
cat > write.cjs <<'JAVASCRIPT'
const { PDU } = require('smpp');

for (const message of ['code 123456', 'ada_l@example.org', 'Ren\u00e9: 5$']) {
  const fields = { source_addr: '1069', destination_addr: '8613800138000', short_message: message };
  console.log(new PDU('deliver_sm', fields).toBuffer().toString('hex'));
}
JAVASCRIPT
node write.cjs > messages
venv/bin/python <<'PYTHON'
from aiosmpplib.protocol import DeliverSm
from aiosmpplib.state import PduHeader, SmppCommand, SmppCommandStatus
from smpplib import gsm

sent = ["code 123456", "ada_l@example.org", "Ren\u00e9: 5$"]
read = []
for text, line in zip(sent, open("messages"), strict=True):
    raw = bytes.fromhex(line)
    header = PduHeader(len(raw), SmppCommand.DELIVER_SM, SmppCommandStatus.ESME_ROK, 1)
    message = DeliverSm.from_pdu(raw, header, default_encoding="gsm0338")
    read.append(message.short_message)
    print(f"smpp sends {text!r}, aiosmpplib reads {message.short_message!r} ({message.encoding})")
    (part,), coding, _ = gsm.make_parts(text)
    print(f"  smpplib sends the same bytes with data_coding {coding}")
    assert coding == 0 and raw.endswith(part), "the behaviour has changed"
assert read == ["code 123456", "ada\x11l\x00example.org", "Ren\x05: 5\x02"], "the behaviour has changed"
PYTHON
