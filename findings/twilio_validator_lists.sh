#!/usr/bin/env bash
# Twilio's request validator for Python cannot take what parse_qs returns.
#
# PyPI twilio 9.13.0.
# Guessed: values may be lists, since form fields can repeat; one-element lists count as the value.
# Seen: any list raises TypeError: unhashable type: 'list', even with one element; a flat dict works.
# For a service like ours: parse the callbacks of an SMS gateway into a flat dict before the signature check.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check twilio==9.13.0
venv/bin/python - <<'PYTHON'
from urllib.parse import parse_qs, parse_qsl

from twilio.request_validator import RequestValidator

URL, BODY = "https://users.example/sms/status", "MessageSid=SM1&MessageStatus=delivered"
validator = RequestValidator("token")
signature = validator.compute_signature(URL, dict(parse_qsl(BODY)))


def outcome(parameters):
    try:
        return validator.validate(URL, parameters, signature)
    except TypeError as error:
        return f"TypeError: {error}"


flat, lists = outcome(dict(parse_qsl(BODY))), outcome(parse_qs(BODY))
print("dict(parse_qsl(body)):", flat)
print("parse_qs(body):       ", lists)
assert flat is True, "the behaviour has changed"
assert lists == "TypeError: unhashable type: 'list'", "the behaviour has changed"
PYTHON
