"""Cookies."""

import pytest

from bridge.rest.cookies import cookie_value, set_cookie_headers
from bridge.rest.dialect import RawRequest


@pytest.mark.parametrize(("value", "seen"), [("abc", "abc"), ("", None), ("x" * 4096, "x" * 4096), ("x" * 4097, None)])
def test_an_empty_or_endless_cookie_is_none(value: str, seen: str | None) -> None:
    assert cookie_value(RawRequest("GET", {}, b"", {}, {"sid": value}, b""), "sid") == seen


def test_an_absent_cookie_is_none() -> None:
    assert cookie_value(RawRequest("GET", {}, b"", {}, {}, b""), "sid") is None


def test_a_cookie_is_for_http_and_this_site_only() -> None:
    shorter = set_cookie_headers("sid", "a", secure=False)["Set-Cookie"]
    assert shorter == "sid=a; Path=/; HttpOnly; SameSite=Lax"
    longer = set_cookie_headers("sid", "a", secure=True, seconds=60)["Set-Cookie"]
    assert longer == "sid=a; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure"
