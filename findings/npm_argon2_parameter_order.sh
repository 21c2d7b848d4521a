#!/usr/bin/env bash
# Hashes from npm argon2 0.45 cannot be verified in Python: their parameters are in alphabetical order.
#
# npm argon2 0.45.1; PyPI argon2-cffi 25.1.0 and libpass 1.9.4; npm @node-rs/argon2 2.2.1.
# Guessed: $argon2id$v=19$m=...,t=...,p=..., the order of the reference implementation, readable everywhere.
# Seen: m, p, t. argon2-cffi raises VerificationError "Decoding failed"; libpass identifies the hash and then raises ValueError;
#   @node-rs/argon2 accepts it. With the parameters put in order m, t, p both Python libraries verify it.
# For a service like ours: put the parameters of imported hashes in order first, and verify one before the import is accepted.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check argon2-cffi==25.1.0 libpass==1.9.4
npm install --loglevel error --no-audit --no-fund argon2@0.45.1 @node-rs/argon2@2.2.1
node - > hash.txt <<'JAVASCRIPT'
const argon2 = require('argon2');
const rust = require('@node-rs/argon2');

(async () => {
  const hash = await argon2.hash('correct horse', { memoryCost: 19456, timeCost: 2, parallelism: 1 });
  console.log(hash, await rust.verify(hash, 'correct horse'));
})();
JAVASCRIPT
venv/bin/python - "$(cut -d ' ' -f 1 hash.txt)" "$(cut -d ' ' -f 2 hash.txt)" <<'PYTHON'
import sys

import argon2
from passlib.hash import argon2 as libpass_argon2

hashed, in_rust = sys.argv[1:]
ordered = hashed.replace("p=1,t=2", "t=2,p=1")


def outcome(verify, *arguments):
    try:
        return verify(*arguments)
    except (argon2.exceptions.VerificationError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


seen = {
    "@node-rs/argon2": in_rust,
    "argon2-cffi": outcome(argon2.PasswordHasher().verify, hashed, "correct horse"),
    "libpass identifies": libpass_argon2.identify(hashed),
    "libpass": outcome(libpass_argon2.verify, "correct horse", hashed),
    "argon2-cffi, put in order": outcome(argon2.PasswordHasher().verify, ordered, "correct horse"),
    "libpass, put in order": outcome(libpass_argon2.verify, "correct horse", ordered),
}
print(hashed[: hashed.index("t=2") + 3])
for name, result in seen.items():
    print(f"{name}: {result}")
assert hashed.startswith("$argon2id$v=19$m=19456,p=1,t=2$"), "the behaviour has changed"
assert list(seen.values()) == [
    "true",
    "VerificationError: Decoding failed",
    True,
    "ValueError: malformed argon2 hash",
    True,
    True,
], "the behaviour has changed"
PYTHON
