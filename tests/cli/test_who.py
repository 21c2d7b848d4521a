"""Users on the command line, named by number, username, e-mail address, telephone number, UUID or external id."""

import json
from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack


async def user(client: Client, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await client.done("user.create", {"username": f"u{uuid4().hex}", **fields})
    return made


async def ids(stack: Stack, *words: str) -> list[int]:
    """The numbers of the users that a command prints as JSON; it must succeed."""
    status, out, err = await run_userbus(stack.amqp_url, *words, "--json")
    assert (status, err) == (0, ""), words
    rows = map(json.loads, out.splitlines())
    return [row.get("user_id", row.get("id")) for row in rows]


async def test_a_user_is_named_by_whatever_identifies_it(client: Client, stack: Stack) -> None:
    mark, telephone = uuid4().hex[:12], f"139{uuid4().int % 10**8:08}"
    made = await user(client, email=f"{mark}@example.org", telephone=telephone, external_id=f"x{mark}")
    texts = (str(made["id"]), made["username"], f"{mark}@Example.org", telephone, made["uuid"], f"x{mark}")
    for text in texts:
        assert await ids(stack, "user", "unlock", text) == [made["id"]], text
    assert await ids(stack, "user", "get", made["username"]) == [made["id"]]
    assert await ids(stack, "user", "disable", f"{mark}@example.org") == [made["id"]]
    action = json.dumps([{"action": "create", "integration": "lark", "account": f"ou_{mark}"}])
    status, _, err = await run_userbus(stack.amqp_url, "account", "apply", "--user-id", telephone, "--actions", action)
    assert (status, err) == (0, "")
    both = ",".join((made["username"], str(made["id"])))
    assert await ids(stack, "account", "resolve", "--user-ids", both, "--integrations", '["lark"]')


async def test_the_audit_trail_is_searched_by_the_names_of_users(client: Client, stack: Stack) -> None:
    made = await user(client, password="correct horse battery")
    await client.done("auth.sign_in", {"login": made["username"], "password": "correct horse battery"})
    for words in (("--subject", made["username"]), ("--actor", made["username"], "--subject", f"user/{made['id']}")):
        status, out, err = await run_userbus(stack.amqp_url, "audit", *words, "--json")
        assert (status, err, "auth.sign_in" in out) == (0, "", True), words


async def test_a_soft_deleted_user_is_named_by_what_it_was_called(client: Client, stack: Stack) -> None:
    made = await user(client)
    await client.done("user.set_status", {"id": made["id"], "status": -1})
    assert await ids(stack, "user", "set-status", made["username"], "--status", "1") == [made["id"]]


async def test_an_unknown_or_ambiguous_name_ends_with_a_sentence(client: Client, stack: Stack) -> None:
    name = f"u{uuid4().hex}"
    for words in (("user", "unlock", name), ("audit", "--subject", name), ("role", "of-user", name)):
        status, out, err = await run_userbus(stack.amqp_url, *words)
        assert (status, out, err.startswith(f"userbus: no user is called '{name}': a number")) == (1, "", True), words
    one, other = await user(client, username=name), await user(client, external_id=name)
    status, out, err = await run_userbus(stack.amqp_url, "user", "unlock", name)
    assert (status, out, err.startswith(f"userbus: '{name}' names 2 users")) == (1, "", True)
    assert (str(one["id"]) in err, str(other["id"]) in err) == (True, True)
