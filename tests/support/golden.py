"""Documented samples."""

from typing import Any

from tests.support.client import Client


def has_shape(given: Any, sample: Any) -> bool:
    """Whether the keys, their order and the types are the sample's; a list may have any length."""
    if isinstance(sample, dict):
        same_keys = isinstance(given, dict) and list(given) == list(sample)
        return same_keys and all(has_shape(given[key], sample[key]) for key in sample)
    if isinstance(sample, list):
        return isinstance(given, list) and all(has_shape(item, sample[0]) for item in given)
    return type(given) is type(sample)


async def delete_users(client: Client, *logins: str) -> None:
    """Delete the users that have these login identifiers."""
    for login in logins:
        reply = await client.call("user.get", {"login": login})
        if reply["status"] == "done":
            await client.done("user.delete", {"id": reply["data"]["id"]})
