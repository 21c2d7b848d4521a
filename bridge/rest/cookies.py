"""Session cookies: the only thing that they hold is an opaque token."""

from bridge.rest.dialect import RawRequest

MAX_TOKEN = 4096
LONG_AGO = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def cookie_value(raw: RawRequest, name: str) -> str | None:
    """The value of a cookie, None if it is empty or longer than any token of ours."""
    value = raw.cookies.get(name, "")
    return value if 0 < len(value) <= MAX_TOKEN else None


def set_cookie_headers(
    name: str, value: str, *, secure: bool, seconds: int | None = None, path: str = "/", same_site: str = "Lax"
) -> dict[str, str]:
    """The headers that set a cookie for so many seconds, or until the browser is closed; 0 removes it."""
    age = [] if seconds is None else [f"Max-Age={seconds}"]
    expires = [LONG_AGO] if seconds == 0 else []
    flags = [f"Path={path}", "HttpOnly", f"SameSite={same_site}", *(["Secure"] if secure else [])]
    return {"Set-Cookie": "; ".join([f"{name}={value}", *age, *expires, *flags])}
