#!/usr/bin/env bash
# bcrypt 5 raises for a password of more than 72 bytes; bcrypt 4 and the other writers cut it.
#
# PyPI bcrypt 5.0.0 and 4.3.0; npm bcryptjs 3.0.3.
# Guessed: only the first 72 bytes count, so that whatever one version has hashed the next one verifies.
# Seen: bcrypt 4.3 and bcryptjs cut silently. With bcrypt 5 hashpw and checkpw raise ValueError, so people whose hash was made of
#   more than 72 bytes (25 Chinese characters will do) get an exception where they used to get in.
# For a service like ours: cut imported passwords to 72 bytes before checkpw; hash new ones with something that has no such limit.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 4.3.0 5.0.0; do
  python3 -m venv "$version"
  "$version/bin/pip" install -qq --disable-pip-version-check "bcrypt==$version"
done
npm install --loglevel error --no-audit --no-fund bcryptjs@3.0.3
cat > check.py <<'PYTHON'
import sys

import bcrypt


def outcome(call):
    try:
        return str(call())
    except ValueError as error:
        return f"ValueError: {error}"


password, hashed = ("密码" * 16).encode(), sys.argv[1].encode()
print(outcome(lambda: bcrypt.checkpw(password, hashed)))
print(outcome(lambda: bcrypt.checkpw(password[:72], hashed)))
print(outcome(lambda: len(bcrypt.hashpw(password, bcrypt.gensalt(4)))))
PYTHON
hashed=$(node -e "require('bcryptjs').hash('密码'.repeat(16), 4).then(console.log)")
for version in 4.3.0 5.0.0; do
  "$version/bin/python" check.py "$hashed" > "$version.txt"
  echo "bcrypt $version: checkpw of 96 bytes, of the first 72, hashpw of 96:" && sed 's/^/  /' "$version.txt"
done
[ "$(paste -sd, 4.3.0.txt)" = "True,True,60" ] || { echo "the behaviour has changed"; exit 1; }
sed 's/:.*//' 5.0.0.txt | paste -sd, | grep -qx 'ValueError,True,ValueError' || { echo "the behaviour has changed"; exit 1; }
