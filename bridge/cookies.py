"""Cookies: opaque references to sessions."""

from bridge.dialect import Ask

LONGEST = 4096
NO_STORE = {"Cache-Control": "no-store"}
ENDED = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def presented(ask: Ask, name: str) -> str | None:
    """The value of a cookie; an empty one, or one longer than any of ours, is none."""
    value = ask.cookies.get(name, "")
    return value if 0 < len(value) <= LONGEST else None


def kept(name: str, value: str, *, secure: bool, seconds: int | None = None) -> dict[str, str]:
    """The headers that set a cookie, for so many seconds or until the browser is closed; 0 removes it."""
    age = [] if seconds is None else [f"Max-Age={seconds}"]
    ended = [ENDED] if seconds == 0 else []
    flags = ["Path=/", "HttpOnly", "SameSite=Lax", *(["Secure"] if secure else [])]
    return {"Set-Cookie": "; ".join([f"{name}={value}", *age, *ended, *flags]), **NO_STORE}
