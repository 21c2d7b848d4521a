#!/usr/bin/env bash
# libpass bounds a password in characters or in bytes, depending on the type it is given as.
#
# PyPI libpass 1.9.4 with argon2-cffi 25.1.0.
# Guessed: one limit for one password, however it is given.
# Seen: 4,096 characters in str, 4,096 bytes in bytes: a password of 4,096 two-byte characters is verified as str and refused as
#   bytes (PasswordSizeError).
# For a service like ours: bound the length of passwords before they reach the library, and always pass str.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install -q "libpass[argon2]==1.9.4" "argon2-cffi==25.1.0"
"$home/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from passlib.exc import PasswordSizeError
from passlib.hash import argon2

password = "é" * 4096
stored = argon2.using(memory_cost=64, time_cost=1, parallelism=1).hash(password)
print("libpass", version("libpass"), "- a password of 4,096 characters and 8,192 bytes")
as_text = argon2.verify(password, stored)
print("verify(str):", as_text)
try:
    as_bytes = argon2.verify(password.encode(), stored)
except PasswordSizeError as error:
    as_bytes = f"PasswordSizeError: {error}"
print("verify(bytes):", as_bytes)
raise SystemExit(0 if as_text is True and as_bytes not in (True, False) else 1)
PYTHON
