"""Tenants and service tokens, end to end."""

from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from models.secrets.keys import token_hash
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import address, create_tenant, get_refusal, is_valid_session, read_journal, sign_in, sign_up

INVALID = ("unauthenticated", "tenant.invalid")


def name() -> str:
    return f"tenant_{uuid4().hex[:8]}"


async def test_a_tenant_gets_a_secret_that_is_shown_once(client: Client, stack: Stack) -> None:
    id, message_id = name(), uuid4().hex
    made = await client.done("tenant.create", {"id": id, "title": "Ours"}, message_id=message_id)
    secret = made.pop("secret")
    verified = await client.done("tenant.verify", {"id": id, "secret": secret})
    assert verified == made == await client.done("tenant.get", {"id": id})
    assert secret not in await read_journal(stack, message_id)
    row = await stack.worker.dependencies.store.collection("tenants").find_one({"name": id})
    assert secret not in str(row)
    again = await client.done("tenant.create", {"id": id, "title": "Ours"}, message_id=message_id)
    assert again["secret"] == secret


async def test_a_tenant_may_bring_its_secret(client: Client) -> None:
    given = {"id": name(), "secret": "a secret of the tenant"}
    assert (await client.done("tenant.create", {**given, "title": "Ours"}))["secret"] is None
    await client.done("tenant.verify", given)
    other = await client.done("tenant.create", {"id": name(), "title": "Other"})
    assert await get_refusal(client, "tenant.verify", {**given, "secret": other["secret"]}) == INVALID
    assert await get_refusal(client, "tenant.verify", {**given, "id": name()}) == INVALID


async def test_a_tenant_is_made_once(client: Client) -> None:
    body = {"id": name(), "title": "Ours"}
    await client.done("tenant.create", body)
    assert await get_refusal(client, "tenant.create", body) == ("conflict", "tenant.taken")


async def test_a_new_secret_replaces_the_old_one(client: Client) -> None:
    given = await create_tenant(client)
    changed = await client.done("tenant.update", {"id": given["id"], "title": "New", "secret": "the second secret"})
    assert changed["title"] == "New"
    assert await get_refusal(client, "tenant.verify", given) == INVALID
    await client.done("tenant.verify", {"id": given["id"], "secret": "the second secret"})
    missing = await get_refusal(client, "tenant.update", {"id": name()})
    assert missing == ("not_found", "tenant.not_found")
    assert await get_refusal(client, "tenant.get", {"id": name()}) == missing


async def test_a_new_key_and_deletion_end_the_user_tokens(client: Client) -> None:
    given, email = await create_tenant(client), address()
    at: dict[str, Any] = {"realm": "starcedu_tenant", "tenant": given}
    first = (await sign_up(client, email=email, **at))["token"]
    await client.done("tenant.update", {"id": given["id"], "new_key": True})
    assert not await is_valid_session(client, first, **at)
    second = (await sign_in(client, email, **at))["token"]
    assert await client.done("tenant.delete", {"id": given["id"]}) == {"deleted": 1}
    assert await client.done("tenant.delete", {"id": given["id"]}) == {"deleted": 0}
    body = {"token": second, **at}
    assert await get_refusal(client, "session.resolve", body) == INVALID


async def test_tenants_are_found_by_what_they_are_called(client: Client) -> None:
    mark = uuid4().hex
    ids = [(await client.done("tenant.create", {"id": name(), "title": f"T {mark} {n}"}))["id"] for n in range(3)]
    query = {"filter": [{"field": "title", "op": "like", "value": mark.upper()}], "sort": [{"field": "title"}]}
    page = await client.done("tenant.search", {**query, "size": 2})
    assert ([item["id"] for item in page["items"]], page["total"]) == (ids[:2], 3)
    rest = await client.done("tenant.search", {**query, "size": 2, "after": page["next"]})
    assert [item["id"] for item in rest["items"]] == ids[2:]


@pytest.mark.parametrize("again", [False, True])
async def test_a_user_token_made_while_the_tenant_s_key_changed_is_dead(
    client: Client, stack: Stack, again: bool
) -> None:
    shown, rows = await create_tenant(client), stack.worker.dependencies.store.collection("sessions")
    token = (await sign_up(client, realm="starcedu_tenant", tenant=shown))["token"]
    row = await rows.find_one({"hashes": token_hash(token)})
    if again:
        await client.done("tenant.delete", {"id": shown["id"]})
        await client.done("tenant.create", {**shown, "title": "Again"})
    else:
        await client.done("tenant.update", {"id": shown["id"], "new_key": True})
    await rows.insert_one(row)
    assert not await is_valid_session(client, token, realm="starcedu_tenant", tenant=shown)


async def test_guesses_of_a_secret_come_later_and_later_and_are_seen(client: Client, stack: Stack) -> None:
    given, wrong = await create_tenant(client), "w" * 32
    before = stack.worker.metrics.text()[1]
    with capture_logs() as logs:
        refused = [await client.refused("tenant.verify", {"id": given["id"], "secret": wrong}) for _ in range(5)]
        body = {"login": address(), "password": "p", "realm": "starcedu_tenant", "tenant": given | {"secret": wrong}}
        refused.append(await client.refused("auth.sign_in", body))
    assert [problem["details"] for problem in refused] == [None] * 3 + [{"delay": delay} for delay in (0.1, 0.2, 0.4)]
    told = [(entry["tenant"], entry["delay"]) for entry in logs if entry["event"] == "tenant refused"]
    assert told == [(given["id"], delay) for delay in (0, 0, 0, 0.1, 0.2, 0.4)]
    assert wrong not in str(logs)
    assert _refusals(stack.worker.metrics.text()[1]) - _refusals(before) == 6
    await client.done("tenant.verify", given)
    assert (await client.refused("tenant.verify", {"id": name(), "secret": wrong}))["details"] is None


def _refusals(metrics: bytes) -> float:
    (line,) = [line for line in metrics.decode().splitlines() if line.startswith("userbus_tenant_refusals_total")]
    return float(line.rpartition(" ")[2])
