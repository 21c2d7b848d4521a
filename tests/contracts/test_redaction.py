"""What is kept of a body has lost its secrets, whatever the body is."""

import pytest

from contracts.catalog import CATALOG
from contracts.redaction import redact, scrub

SECRET = b"correct horse"
ENTRY = CATALOG["user.create"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"password": "correct horse"}',
        b'{"a": [{"password": "correct horse"}]}',
        b'{"password": "correct horse", "username": "a\\ud800b"}',
        b'{"password": "correct horse", "a": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
        b'{"password": "correct horse", "a": ' + b"[" * 100_000,
        b'{"password": "correct horse"',
        b'\xff{"password": "correct horse"}',
        b'{"Password": "correct horse"}',
        b'{"new-Password ": "correct horse"}',
        b'{"passw\\u006frd": "correct horse"}',
        b'{"passw\\u006frd": "correct horse"',
        '{"\uff50assword": "correct horse"}'.encode(),
        b'{"PASSWORD": "correct horse"',
        b'{"a": {"password": "correct horse"}, "a": 1}',
        b'{"apiKey": "correct horse"}',
        b'{"access_token": ["correct horse"]}',
        b'{"db_credentials": {"u": "correct horse"}}',
    ],
)
def test_a_secret_is_not_kept(body: bytes) -> None:
    for entry in (ENTRY, None):
        kept, cut = redact(entry, body)
        assert SECRET not in kept
        assert cut


@pytest.mark.parametrize("body", [b"{{{", b'{"a":' * 500 + b"1" + b"}" * 500, b'{"username": "a\\ud800b"}', b"\xff"])
def test_what_holds_no_secret_is_kept_as_it_came(body: bytes) -> None:
    assert redact(ENTRY, body) == (body, [])


def test_the_text_of_a_deep_body_stays() -> None:
    assert scrub(ENTRY, b'{"a":' * 500 + b"1" + b"}" * 500, "text") == "text"
