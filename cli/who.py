"""Users as people name them on the command line: by number, or by whatever identifies one user."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cli.connection import stop
from client.bus import Bus
from client.errors import Denied, NotFound
from contracts.entry import Entry
from contracts.user_queries import GetUser
from contracts.user_views import UserView

HELP = "The user: number, username, e-mail address, telephone number, UUID or external id."
KEYS = ("login", "uuid", "external_id")
LONGEST_NUMBER = 15  # digits
MARKS = {"subject": "/", "actor": ":"}  # by which `user/42` and `user:42` are told from a name


def user_fields(entry: Entry) -> set[str]:
    """The fields of a request that hold the numbers of users."""
    fields = {name for name in ("user_id", "user_ids") if name in entry.message.model_fields}
    is_about_one = entry.name.startswith("user.") and entry.name != "user.create"
    return fields | ({"id"} & entry.message.model_fields.keys() if is_about_one else set())


async def replace_names(bus: Bus, entry: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's values with the numbers of the users that they name; one that is unknown ends the program."""
    numbered = dict(values)
    for name in user_fields(entry) & values.keys():
        given = values[name]
        texts = given.split(",") if name == "user_ids" and isinstance(given, str) else given
        if isinstance(texts, list):
            numbered[name] = [await find_number(bus, str(text).strip()) for text in texts]
        else:
            numbered[name] = await find_number(bus, str(texts))
    for name, mark in MARKS.items() if entry.name == "audit.search" else ():
        if mark not in (text := str(values.get(name, mark))):
            numbered[name] = f"user{mark}{await find_number(bus, text)}"
    return numbered


async def find_number(bus: Bus, text: str) -> int:
    """Return the number of the user with this number or else this identifier, live or else soft-deleted.

    A number that nobody has stays what it is, for the service to refuse; another text that names no user, or several,
    ends the program with a sentence.
    """
    number = read_number(text)
    if number is not None and await _is_number(bus, number):
        return number
    found = await _find_users(bus, text, include_deleted=False) or await _find_users(bus, text, include_deleted=True)
    if not found and number is not None:
        return number
    if not found:
        stop(
            f"no user is called {text!r}: a number, username, e-mail address, telephone number, UUID or external id "
            "was expected; `userbus user find` looks for a part of one"
        )
    if len(found) > 1:
        told = " and ".join(f"{user.id} ({_describe(user)})" for user in found)
        stop(f"{text!r} names {len(found)} users, {told}: give the number of the one that you mean")
    return found[0].id


def read_number(text: str) -> int | None:
    """Return the number that a text is, where users' numbers are written so; None for every other text."""
    is_number = text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None


async def _is_number(bus: Bus, number: int) -> bool:
    try:
        await bus.ask(GetUser(id=number, include_deleted=True))
    except NotFound:
        return False
    except Denied:  # who may not look users up may still name them by their numbers
        return True
    return True


async def _find_users(bus: Bus, text: str, *, include_deleted: bool) -> list[UserView]:
    keys: list[dict[str, Any]] = [{name: text} for name in KEYS]
    found = await asyncio.gather(*(_find_user(bus, GetUser(**key, include_deleted=include_deleted)) for key in keys))
    return [*{user.id: user for user in found if user}.values()]


async def _find_user(bus: Bus, query: GetUser) -> UserView | None:
    try:
        return await bus.ask(query)
    except NotFound:
        return None


def _describe(user: UserView) -> str:
    return user.username or user.email or user.telephone or user.name or "without a name"
