#!/usr/bin/env bash
# The present packages for one-time codes refuse the secrets that they made themselves a few versions ago.
#
# PyPI pyotp 2.12.1, 2.10.0 and 2.3.0; npm otplib 13.5.0 and 12.0.1, otpauth 9.5.2.
# Guessed: whoever has been enrolled once gets in with the next versions too, though RFC 4226 asks for 128 bits.
# Seen: pyotp 2.3 and otplib 12 make secrets of 80 bits (16 letters, as in the usual example otpauth://totp/…?secret=JBSWY3DPEHPK3PXP).
#   otplib 13 refuses them with SecretTooShortError (128 bits at least); pyotp from 2.11 on, no new major version, with ValueError
#   (112 bits), already from the constructor and from parse_uri. pyotp 2.10 and otpauth take them.
# For a service like ours: count the lengths of the stored secrets before such an upgrade; people cannot lengthen theirs unasked.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
for version in 2.3.0 2.10.0 2.12.1; do
  venv/bin/pip install -qq --disable-pip-version-check --target "pyotp-$version" "pyotp==$version"
done
npm install --loglevel error --no-audit --no-fund before@npm:otplib@12.0.1 otplib@13.5.0 otpauth@9.5.2
PYTHONPATH=pyotp-2.3.0 venv/bin/python -c 'import pyotp; print(pyotp.random_base32())' > secrets
cat > codes.mjs <<'JAVASCRIPT'
import { appendFileSync, readFileSync } from 'node:fs';
import before from 'before';
import { TOTP, Secret } from 'otpauth';
import { generateSync } from 'otplib';

appendFileSync('secrets', `${before.authenticator.generateSecret()}\n`);
for (const secret of readFileSync('secrets', 'utf8').trim().split('\n')) {
  const seconds = 1700000000;
  let found;
  try {
    found = generateSync({ secret, epoch: seconds });
  } catch (error) {
    found = error.name;
    console.log(`otplib 13: ${error.name}: ${error.message}`);
  }
  const other = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: seconds * 1000 });
  console.log(`otpauth: ${other}`);
  if (secret.length !== 16 || found !== 'SecretTooShortError') throw new Error('the behaviour has changed');
}
JAVASCRIPT
node codes.mjs
cat > codes.py <<'PYTHON'
import sys

import pyotp

refused = 0
for secret in open("secrets").read().split():
    for make in (pyotp.TOTP, lambda secret: pyotp.parse_uri(f"otpauth://totp/ada?secret={secret}")):
        try:
            print(f"pyotp {sys.argv[1]}: {make(secret).at(1700000000)}")
        except ValueError as error:
            refused += 1
            print(f"pyotp {sys.argv[1]}: ValueError: {error}")
assert refused == int(sys.argv[2]), "the behaviour has changed"
PYTHON
PYTHONPATH=pyotp-2.10.0 venv/bin/python codes.py 2.10.0 0
PYTHONPATH=pyotp-2.12.1 venv/bin/python codes.py 2.12.1 4
