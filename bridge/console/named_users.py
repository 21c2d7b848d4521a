"""The users whom a text names: by number, or by a key that identifies one user."""

from typing import Any

from bridge.console.page import PageRequest
from client.errors import NotFound
from contracts.user_queries import GetUser
from contracts.user_views import UserView

KEYS = ("uuid", "external_id", "login")


async def find_named_users(request: PageRequest, text: str) -> dict[int, UserView]:
    """The users, soft-deleted or not, with this number, UUID, external id or login identifier, by number."""
    keys: list[dict[str, Any]] = [{name: text} for name in KEYS]
    if is_number(text):
        keys.insert(0, {"id": int(text)})
    found: dict[int, UserView] = {}
    for key in keys:
        try:
            user = await request.ask(GetUser(**key, include_deleted=True))
        except NotFound:
            continue
        found[user.id] = user
    return found


def is_number(text: str) -> bool:
    """Whether the text can be a user's number."""
    return text.isdecimal() and text.isascii() and len(text) <= 15
