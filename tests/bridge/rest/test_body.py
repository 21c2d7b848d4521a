"""Strict JSON and forms."""

from typing import Any

import pytest

from bridge.rest.body import form_or_json, json_object, json_value, query_parameters
from bridge.rest.dialect import RawRequest, StandardCase, StandardError

FORM = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}


def request_with(body: bytes = b"", search: bytes = b"", headers: dict[str, str] | None = None) -> RawRequest:
    return RawRequest("POST", {}, search, headers or {}, {}, body)


UNPARSABLE = {
    "empty": b"",
    "blank": b" ",
    "cut short": b'{"a":',
    "two values": b"{} {}",
    "trailing comma": b'{"a":1,}',
    "missing comma": b'{"a":1 "b":2}',
    "single quotes": b"{'a':1}",
    "comment": b"{} // x",
    "NaN": b'{"a":NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"-Infinity",
    "leading zero": b"[01]",
    "bad UTF-8": b'{"a":"\xff"}',
    "Latin-1": "{“a”:1}".encode("utf-16"),
    "encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'["\\udc00x"]',
    "lone surrogate in a key": b'{"\\ud800":1}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw control character": b'{"a":"\n"}',
    "integer over 64 bits": b"[9223372036854775808]",
    "integer under 64 bits": b"[-9223372036854775809]",
    "huge integer": b"[" + b"9" * 10_000 + b"]",
    "number over a double": b"[1e999]",
    "number of 41 characters": b"[0." + b"1" * 39 + b"]",
    "65 levels": b"[" * 65 + b"]" * 65,
    "1 MiB of brackets": b"[" * 1_048_576,
    "half a million numbers": b"[" + b",".join([b"1"] * 500_000) + b"]",
    "10,000 members": b"{" + b",".join(b'"%d":1' % n for n in range(5_001)) + b"}",
    "1 MiB of objects": b'{"a":' * 200_000,
}


@pytest.mark.parametrize("name", UNPARSABLE)
def test_anything_but_strict_json_is_unparsable(name: str) -> None:
    with pytest.raises(StandardError) as raised:
        json_value(UNPARSABLE[name])
    assert raised.value.case is StandardCase.UNPARSABLE
    assert raised.value.reason


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"[1.5, 1e3, -0]", [1.5, 1000.0, 0]),
        (b"[-1.7976931348623157081e+308, 0.1000000000000000055511151231257827021]", [-1.7976931348623157e308, 0.1]),
        (b' {"a" : null}\n', {"a": None}),
    ],
)
def test_strict_json_is_read_as_it_is(body: bytes, value: Any) -> None:
    assert json_value(body) == value


def test_ten_thousand_values_are_allowed() -> None:
    assert len(json_value(b"[" + b",".join([b"1"] * 10_000) + b"]")) == 10_000


def test_64_levels_are_allowed() -> None:
    assert json_value(b"[" * 64 + b"]" * 64)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null", b"true"])
def test_only_an_object_is_an_object(body: bytes) -> None:
    with pytest.raises(StandardError) as raised:
        json_object(request_with(body))
    assert raised.value.case is StandardCase.WRONG_KIND


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/json"}])
def test_everything_but_a_form_is_read_as_json(headers: dict[str, str]) -> None:
    assert form_or_json(request_with(b'{"a":1}', headers=headers)) == {"a": 1}


def test_a_form_is_a_form() -> None:
    assert form_or_json(request_with("a=1&b=%E5%90%8D+x&c=&a=2&d=名".encode(), headers=FORM)) == {
        "a": "2", "b": "名 x", "c": "", "d": "名",
    }  # fmt: skip


def test_an_empty_body_has_no_parameters() -> None:
    assert form_or_json(request_with()) == form_or_json(request_with(headers=FORM)) == {}


@pytest.mark.parametrize("form", [b"a=%ff", b"a=\xff", b"&".join([b"a=1"] * 1001), b"a=" + b"%41" * 20_001])
def test_a_form_that_is_not_utf8_or_too_long_is_unparsable(form: bytes) -> None:
    with pytest.raises(StandardError) as in_body:
        form_or_json(request_with(form, headers=FORM))
    with pytest.raises(StandardError) as in_query:
        query_parameters(request_with(search=form))
    assert in_body.value.case is in_query.value.case is StandardCase.UNPARSABLE
