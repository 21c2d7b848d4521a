"""Links between users, groups, roles and resources, end to end: all kinds behave alike."""

import asyncio
from typing import NamedTuple
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.rows import a_group, a_resource, a_role, a_user, an_app, ids

UNKNOWN = 9_007_199_254_740_991


class Link(NamedTuple):
    """Names and fields of one kind of link, and the listing that shows it."""

    add: str
    remove: str
    added: str
    removed: str
    key: str
    field: str
    listing: str


LINKS = [
    Link("role.assign", "role.revoke", "role.assigned", "role.revoked", "user_id", "role_ids", "role.of_user"),
    Link("group.join", "group.leave", "group.joined", "group.left", "user_id", "group_ids", "group.of_user"),
    Link("group.grant", "group.withdraw", "group.granted", "group.withdrawn", "group_id", "role_ids", "role.of_group"),
    Link(
        "role.grant", "role.withdraw", "role.granted", "role.withdrawn", "role_id", "resource_ids", "resource.of_role"
    ),
]


async def holder_and_targets(client: Client, key: str, field: str, count: int = 3) -> tuple[int, list[int]]:
    app = await an_app(client)
    makers = {"role_ids": a_role, "group_ids": a_group, "resource_ids": a_resource}
    holders = {"group_id": a_group, "role_id": a_role}
    holder = await (holders[key](client, app) if key in holders else a_user(client))
    return holder["id"], [(await makers[field](client, app))["id"] for _ in range(count)]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.add)
async def test_links_are_added_and_removed_and_told(client: Client, link: Link) -> None:
    holder, targets = await holder_and_targets(client, link.key, link.field)
    events = await client.events(link.added, link.removed)
    assert await client.done(link.add, {link.key: holder, link.field: targets[:2]}) == {"ids": targets[:2]}
    assert await client.done(link.add, {link.key: holder, link.field: targets[1:]}) == {"ids": targets[2:]}
    assert await ids(client, link.listing, **{link.key: holder}) == targets
    assert await client.done(link.remove, {link.key: holder, link.field: [targets[0], UNKNOWN]}) == {"ids": targets[:1]}
    assert await client.done(link.remove, {link.key: holder}) == {"ids": targets[1:]}
    assert await ids(client, link.listing, **{link.key: holder}) == []
    told = [await events.next() for _ in range(4)]
    assert [event["type"] for event in told] == [
        f"userbus.{name}.v1" for name in (link.added, link.added, link.removed, link.removed)
    ]
    assert [event["data"]["ids"] for event in told] == [targets[:2], targets[2:], targets[:1], targets[1:]]
    assert {(event["subject"], event["data"]["id"]) for event in told} == {
        (f"{link.key.removesuffix('_id')}/{holder}", holder)
    }
    assert [event["sequence"] for event in told] == [*range(told[0]["sequence"], told[0]["sequence"] + 4)]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.add)
async def test_what_is_so_already_changes_and_tells_nothing(client: Client, link: Link) -> None:
    holder, targets = await holder_and_targets(client, link.key, link.field)
    await client.done(link.add, {link.key: holder, link.field: targets[:1]})
    events = await client.events(link.added, link.removed)
    assert await client.done(link.add, {link.key: holder, link.field: targets[:1]}) == {"ids": []}
    assert await client.done(link.add, {link.key: holder, link.field: []}) == {"ids": []}
    assert await client.done(link.remove, {link.key: holder, link.field: []}) == {"ids": []}
    assert await client.done(link.remove, {link.key: holder, link.field: targets[1:]}) == {"ids": []}
    assert await ids(client, link.listing, **{link.key: holder}) == targets[:1]
    await client.done(link.add, {link.key: holder, link.field: targets[2:]})
    assert (await events.next())["data"]["ids"] == targets[2:]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.add)
async def test_a_repeated_link_command_is_answered_from_the_journal(client: Client, link: Link) -> None:
    holder, targets = await holder_and_targets(client, link.key, link.field)
    for name, body in ((link.add, {link.key: holder, link.field: targets}), (link.remove, {link.key: holder})):
        message_id = uuid4().hex
        first = await client.done(name, body, message_id=message_id)
        assert first == {"ids": targets}
        assert await client.done(name, body, message_id=message_id) == first


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.add)
async def test_who_and_what_is_linked_must_exist(client: Client, link: Link) -> None:
    holder, targets = await holder_and_targets(client, link.key, link.field)
    owner, target = link.key.removesuffix("_id"), link.field.removesuffix("_ids")
    for name in (link.add, link.remove):
        problem = await client.refused(name, {link.key: UNKNOWN, link.field: [UNKNOWN]})
        assert (problem["kind"], problem["code"]) == ("not_found", f"{owner}.not_found")
    problem = await client.refused(link.add, {link.key: holder, link.field: [targets[0], UNKNOWN]})
    assert (problem["kind"], problem["code"]) == ("not_found", f"{target}.not_found")
    assert await ids(client, link.listing, **{link.key: holder}) == []


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.add)
async def test_simultaneous_links_are_all_kept(client: Client, link: Link) -> None:
    holder, targets = await holder_and_targets(client, link.key, link.field, count=8)
    await asyncio.gather(*(client.done(link.add, {link.key: holder, link.field: [target]}) for target in targets))
    assert await ids(client, link.listing, **{link.key: holder}) == targets
