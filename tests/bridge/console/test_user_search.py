"""Searching for users in the console."""

import re
from uuid import uuid4

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import create_root


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/console/users/([0-9]+)"', page)]


async def test_a_user_is_found_by_every_key_and_by_a_part(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    body = {"username": f"u{mark}", "email": f"E{mark}@example.com", "name": f"Ada {mark} L", "external_id": f"x{mark}"}
    user = await create_root(client, root=0, **body)
    for text in (user["id"], user["uuid"], body["external_id"], body["username"], body["email"], mark, mark[5:20]):
        assert user["id"] in numbers(await operator.visitor.read(f"/users?text={text}")), text
    for field, count in (("username", 1), ("email", 1), ("name", 1), ("telephone", 0)):
        page = await operator.visitor.read(f"/users?text={mark}&field={field}")
        assert numbers(page) == [user["id"]] * count
    assert "No user is like that." in page


async def test_users_come_page_by_page_the_latest_first(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    ids = [(await create_root(client, root=0, username=f"{mark}_{number}"))["id"] for number in range(53)]
    first = await operator.visitor.read(f"/users?text={mark}&field=username")
    assert numbers(first) == ids[:2:-1]
    (following,) = re.findall(r'<a href="\?(.*?)" rel="next">', first)
    second = await operator.visitor.read("/users?" + following.replace("&amp;", "&"))
    assert numbers(second) == ids[2::-1]
    assert 'rel="next"' not in second


async def test_users_are_found_by_their_state(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    live, disabled, deleted = [await create_root(client, root=0, username=f"{mark}_{n}") for n in range(3)]
    await client.done("user.disable", {"id": disabled["id"]})
    await client.done("user.set_status", {"id": deleted["id"], "status": -1})
    for state, user in (("live", live), ("disabled", disabled), ("deleted", deleted)):
        assert numbers(await operator.visitor.read(f"/users?text={mark}&field=username&state={state}")) == [user["id"]]
