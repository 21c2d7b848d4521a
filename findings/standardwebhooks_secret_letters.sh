#!/usr/bin/env bash
# One secret of a webhook is a shorter key in Python than its text says, and no key in Node.
#
# PyPI standardwebhooks 1.1.0; npm standardwebhooks 1.1.1.
# Guessed: a secret in the alphabet of base64url (with - and _), as many generators of secrets write it, is read as such or refused.
# Seen: the package for Python passes over each - and _ without a word: of 24 bytes 22 are left, other ones. The package for JavaScript
#   refuses the secret. A sender and a receiver in Python agree; the day one of them is rewritten, every signature is wrong.
# For a service like ours: make secrets in plain base64, and refuse others where they are set.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check standardwebhooks==1.1.0
npm install --loglevel error --no-audit --no-fund standardwebhooks@1.1.1
venv/bin/python <<'PYTHON'
import base64
from datetime import UTC, datetime

from standardwebhooks import Webhook

key = bytes.fromhex("fbf2" + "0a" * 22)
secret = "whsec_" + base64.urlsafe_b64encode(key).decode()
moment = datetime(2026, 1, 31, tzinfo=UTC)
signature = Webhook(secret).sign("message", moment, "{}")
plain = Webhook(key).sign("message", moment, "{}")
left = base64.b64decode(secret.removeprefix("whsec_") + "==")
print(f"{secret}: Python signs as with its {len(key)} bytes: {signature == plain}; as with {len(left)} others:",
      signature == Webhook(left).sign("message", moment, "{}"))
assert signature != plain and len(left) < len(key), "the behaviour has changed"
open("secret", "w").write(secret)
PYTHON
cat > read.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

try {
  new Webhook(readFileSync('secret', 'utf8'));
} catch (error) {
  console.log(`JavaScript: ${error.message}`);
  process.exit(0);
}
throw new Error('the behaviour has changed');
JAVASCRIPT
node read.mjs
