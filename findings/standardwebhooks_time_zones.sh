#!/usr/bin/env bash
# A webhook that is signed with a time in another zone than UTC is refused everywhere.
#
# PyPI standardwebhooks 1.1.0 and svix 2.9.1; npm standardwebhooks 1.1.1.
# Guessed: 16:00+08:00 and 08:00Z are one moment, so `sign` makes one signature of them, as the package for JavaScript does.
# Seen: both packages for Python take the clock of a time that knows its zone for UTC's. The signature of 16:00+08:00 is that of 16:00Z,
#   eight hours later than what the header webhook-timestamp says of the same moment, so that no receiver finds it right.
# For a service like ours: sign with times in UTC, or with the whole seconds that the header has.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check standardwebhooks==1.1.0 svix==2.9.1
npm install --loglevel error --no-audit --no-fund standardwebhooks@1.1.1
cat > sign.py <<'PYTHON'
import json
from datetime import datetime

import standardwebhooks
import svix.webhooks

SECRET = "whsec_cXVpZXRSaXZlcjQycXVpZXRSaXZlcjQy"
TIMES = ("2026-01-31T08:00:00+00:00", "2026-01-31T16:00:00+08:00", "2026-01-31T16:00:00+00:00")
print(json.dumps([
    [module.Webhook(SECRET).sign("message", datetime.fromisoformat(text), "{}") for text in TIMES]
    for module in (standardwebhooks, svix.webhooks)
]))
PYTHON
cat > sign.mjs <<'JAVASCRIPT'
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook('whsec_cXVpZXRSaXZlcjQycXVpZXRSaXZlcjQy');
const sign = (text) => webhook.sign('message', new Date(text), '{}');
const inUtc = sign('2026-01-31T08:00:00Z');
if (sign('2026-01-31T16:00:00+08:00') !== inUtc) throw new Error('the behaviour has changed');
for (const [utc, shanghai, later] of JSON.parse(process.argv[2])) {
  console.log(`08:00Z as in JavaScript: ${utc === inUtc}; 16:00+08:00: ${shanghai === inUtc}, but as 16:00Z: ${shanghai === later}`);
  if (utc !== inUtc || shanghai !== later) throw new Error('the behaviour has changed');
}
JAVASCRIPT
node sign.mjs "$(venv/bin/python sign.py)"
