"""Cookies."""

import pytest

from bridge.cookies import kept, presented
from bridge.dialect import Ask


@pytest.mark.parametrize(("value", "seen"), [("abc", "abc"), ("", None), ("x" * 4096, "x" * 4096), ("x" * 4097, None)])
def test_an_empty_or_endless_cookie_is_none(value: str, seen: str | None) -> None:
    assert presented(Ask("GET", {}, b"", {}, {"sid": value}, b""), "sid") == seen


def test_a_cookie_that_is_not_there_is_none() -> None:
    assert presented(Ask("GET", {}, b"", {}, {}, b""), "sid") is None


def test_a_cookie_is_for_http_and_this_site_only_and_never_stored() -> None:
    assert kept("sid", "a", secure=False) == {
        "Set-Cookie": "sid=a; Path=/; HttpOnly; SameSite=Lax",
        "Cache-Control": "no-store",
    }
    longer = kept("sid", "a", secure=True, seconds=60)["Set-Cookie"]
    assert longer == "sid=a; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure"
