"""Searching the audit trail in the console."""

import re
from uuid import uuid4

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import create_root


def message_ids(page: str) -> list[str]:
    return re.findall(r'data-label="Message id"><code>(.*?)</code>', page)


async def test_entries_are_found_by_each_condition(client: Client, operator: SignedInOperator) -> None:
    user, message_id = await create_root(client, root=0), uuid4().hex
    await client.done("user.disable", {"id": user["id"]}, message_id=message_id)
    for query in (
        f"subject=user%2F{user['id']}&name=user.disable",
        f"message_id={message_id}",
        f"message_id={message_id}&since=2026-01-01T00:00&until=",
    ):
        assert message_ids(await operator.visitor.read(f"/audit?{query}")) == [message_id]
    page = await operator.visitor.read(f"/audit?message_id={message_id}&until=2020-01-01T00:00")
    assert (message_ids(page), "There is no such entry." in page) == ([], True)
    page = await operator.visitor.read(f"/audit?actor=user%3A{operator.user['id']}")
    assert "auth.sign_in" in page


async def test_a_user_is_named_as_on_the_command_line(client: Client, operator: SignedInOperator) -> None:
    user, message_id = await create_root(client, root=0), uuid4().hex
    await client.done("user.disable", {"id": user["id"]}, message_id=message_id)
    for text in (user["id"], user["username"], user["username"].upper(), user["uuid"], f"user%2F{user['id']}"):
        assert message_ids(await operator.visitor.read(f"/audit?subject={text}&name=user.disable")) == [message_id]
    page = await operator.visitor.read(f"/audit?actor={operator.user['username']}")
    assert "auth.sign_in" in page
    await client.done("user.delete", {"id": user["id"]}, message_id=uuid4().hex)
    assert message_id in message_ids(await operator.visitor.read(f"/audit?subject={user['id']}"))
    for name in ("subject", "actor"):
        page = await operator.visitor.read(f"/audit?{name}={user['username']}")
        assert (message_ids(page), f"No one user is called <b>{user['username']}</b>" in page) == ([], True)


async def test_entries_come_page_by_page(client: Client, operator: SignedInOperator) -> None:
    user = await create_root(client, root=0)
    sent = [uuid4().hex for _ in range(103)]
    for number, message_id in enumerate(sent):
        name = "user.enable" if number % 2 else "user.disable"
        await client.done(name, {"id": user["id"]}, message_id=message_id)
    first = await operator.visitor.read(f"/audit?subject=user%2F{user['id']}")
    (following,) = re.findall(r'<a href="\?(.*?)" rel="next">', first)
    second = await operator.visitor.read("/audit?" + following.replace("&amp;", "&"))
    assert message_ids(first) + message_ids(second)[:3] == sent[::-1]
    assert 'rel="next"' not in second


@pytest.mark.parametrize("query", ["since=yesterday", "after=nonsense", "name=%00", "until=2026-13-01T00:00"])
async def test_a_condition_that_is_none_is_told(operator: SignedInOperator, query: str) -> None:
    assert "Go back, correct it" in await operator.visitor.read(f"/audit?{query}", 400)
