"""`userbus token`: what one command prints is what the next one takes."""

import json
import re
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack


async def issue(stack: Stack, name: str) -> tuple[str, int]:
    """A new token's text and number."""
    status, out, err = await run_userbus(stack.amqp_url, "token", "issue", "--name", name, "--scope", "user.*")
    found = re.search(r"userbus token revoke (\d+)", err)
    assert status == 0
    assert found is not None
    return out.strip(), int(found[1])


async def test_issue_prints_the_number_that_revoke_takes_beside_the_token(stack: Stack, client: Client) -> None:
    text, number = await issue(stack, "billing")
    assert (await client.done("token.verify", {"token": text}))["id"] == number
    status, out, _ = await run_userbus(stack.amqp_url, "token", "revoke", str(number))
    assert (status, out) == (0, f"token {number} (billing) is revoked\n")
    assert (await client.refused("token.verify", {"token": text}))["code"] == "token.invalid"


async def test_list_shows_tokens_that_still_work_and_never_their_texts(stack: Stack) -> None:
    name = f"shop-{uuid4().hex}"
    (text, kept), (_, revoked) = await issue(stack, name), await issue(stack, name)
    await run_userbus(stack.amqp_url, "token", "revoke", str(revoked))
    status, out, _ = await run_userbus(stack.amqp_url, "token", "list")
    (line,) = [line for line in out.splitlines() if name in line]
    assert (status, line.split()[:2]) == (0, [str(kept), name])
    assert "user.*" in line
    assert text not in out
    _, out, _ = await run_userbus(stack.amqp_url, "token", "list", "--all", "--json")
    rows = [row for row in map(json.loads, out.splitlines()) if row["name"] == name]
    assert [(row["id"], row["revoked"]) for row in rows] == [(kept, False), (revoked, True)]
    assert text not in out


@pytest.mark.parametrize(
    ("scope", "nearest"),
    [("pasport", "passport"), ("user.creat", "user.create"), ("User.Create", "user.create"), ("users.*", "user.*")],
)
async def test_a_scope_that_names_nothing_is_refused_with_the_nearest_ones(
    stack: Stack, scope: str, nearest: str
) -> None:
    status, out, err = await run_userbus(stack.amqp_url, "token", "issue", "--name", "x", "--scope", scope)
    assert (status, out) == (1, "")
    assert scope in err
    assert nearest in err.partition("did you mean")[2]


async def test_what_no_token_can_have_is_refused_without_a_traceback(stack: Stack) -> None:
    status, _, err = await run_userbus(stack.amqp_url, "token", "issue", "--name", "", "--scope", "user.*")
    assert (status, err.startswith("userbus: name: "), len(err.splitlines())) == (2, True, 1)


async def test_a_name_commands_no_terminal(stack: Stack) -> None:
    name = f"shop\x9b2J\u202e{uuid4().hex}"
    _, number = await issue(stack, name)
    outcomes = [await run_userbus(stack.amqp_url, "token", *words) for words in (["list"], ["revoke", str(number)])]
    for _, out, err in outcomes:
        assert r"shop\u009b2J\u202e" in out
        assert (out + err).replace("\n", "").isprintable()
