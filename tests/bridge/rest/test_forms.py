"""Forms: URL-encoded and multipart."""

import pytest

from bridge.rest.dialect import RawRequest
from bridge.rest.forms import form_fields
from bridge.rest.routing import UNREADABLE

ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


def parse_form(media: str, body: bytes) -> object:
    return form_fields(RawRequest("POST", {}, b"", {"content-type": media}, {}, body))


def form_part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


@pytest.mark.parametrize("media", [ENCODED, ENCODED.upper(), f"{ENCODED};charset=gbk"])
def test_an_encoded_form_is_utf8_and_the_last_of_equal_keys_counts(media: str) -> None:
    assert parse_form(media, "a=1&b=%E7%94%A8+x&c=用&a=2&d=".encode()) == {"a": "2", "b": "用 x", "c": "用", "d": ""}


def test_what_is_not_utf8_spoils_its_field_only() -> None:
    assert parse_form(ENCODED, b"a=%ff&b=\xff&c=1") == {"a": UNREADABLE, "b": UNREADABLE, "c": "1"}
    assert parse_form(MULTIPART, form_part("a", b"\xff") + form_part("b", b"1") + b"--x--") == {
        "a": UNREADABLE,
        "b": "1",
    }


def test_a_multipart_form_is_read_byte_for_byte() -> None:
    body = form_part("a", "用\r\n".encode()) + form_part("b", b"") + form_part("a", b"2") + b"--x--\r\n"
    assert parse_form(MULTIPART, body) == {"a": "2", "b": ""}
    assert parse_form(MULTIPART.replace("x", '"x"'), body) == {"a": "2", "b": ""}


def test_a_file_is_no_text() -> None:
    found = parse_form(MULTIPART, form_part("a", b"1", '; filename="a.txt"') + b"--x--\r\n")
    assert isinstance(found, dict)
    assert not isinstance(found["a"], str)


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("", b"a=1"),
        ("application/json", b"a=1"),
        ("multipart/form-data", form_part("a", b"1") + b"--x--"),
        ("multipart/mixed; boundary=x", form_part("a", b"1") + b"--x--"),
        ("multipart/form-data; boundary=", form_part("a", b"1")),
        (MULTIPART, b""),
        (MULTIPART, b"a=1"),
        (MULTIPART, b"--x\r\n\r\n1\r\n--x--"),
        (MULTIPART, b"--x\r\n" + b"a" * 10_000),
        (MULTIPART, b"--x\r\n" + b"a: b\r\n" * 1000),
        (ENCODED, b"&".join([b"a=1"] * 1001)),
    ],
)
def test_what_is_no_form_has_no_fields(media: str, body: bytes) -> None:
    assert parse_form(media, body) == {}


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (MULTIPART, b"".join(form_part("a", b"1") for _ in range(101)) + b"--x--\r\n"),
        (MULTIPART, form_part("a", b"\r\n" * 10_000) + b"--x--\r\n"),
        (ENCODED, b"a=1&b=" + b"%41" * 20_001),
        (ENCODED, b"&".join([b"a=1"] * 1001)),
    ],
    ids=["parts", "lines", "escapes", "parameters"],
)
def test_a_form_that_is_dear_to_parse_has_no_fields(media: str, body: bytes) -> None:
    assert parse_form(media, body) == {}
