"""Which dead letters are meant: the same ones when they are listed, foretold and sent again."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractQueue

from tests.cli.letters import dead, log, sent, userbus, waiting
from tests.client import Client
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("empty")

AT = "x-userbus-at"


async def every_kind(client: Client) -> dict[str, str]:
    """One dead letter for each condition, by what is special about it; in this order, and all can be carried out."""
    now = datetime.now(UTC).isoformat()
    ids = {
        "plain": await dead(client, 1, **{AT: now}),
        "name": await dead(client, 1, "role.create", {"name": f"r_{uuid4().hex}"}, **{AT: now}),
        "reason": await dead(client, 1, **{AT: now, "x-userbus-code": "store.unavailable"}),
        "text": await dead(client, 1, **{AT: now, "x-userbus-text": "it went Kaboom"}),
        "exception": await dead(client, 1, **{AT: now, "x-userbus-exception": "KaboomError"}),
        "body": await dead(client, 1, body={"username": f"kaboom_{uuid4().hex[:12]}"}, **{AT: now}),
        "old": await dead(client, 1, **{AT: "2020-01-01T00:00:00+00:00"}),
        "undated": await dead(client, 1),
    }
    return {kind: message_id for kind, (message_id,) in ids.items()}


CASES = [
    (["--name", "role.*"], {"name"}),
    (["--name", "*.create", "--older", "1h"], {"old"}),
    (["--name", "role"], set()),
    (["--reason", "store.*"], {"reason"}),
    (["--older", "7d"], {"old"}),
    (["--newer", "2h"], {"plain", "name", "reason", "text", "exception", "body"}),
    (["--text", "kaboom"], {"text", "exception", "body"}),
    (["--text", "KABOOMERROR"], {"exception"}),
    (["--text", "Kaboom_"], {"body"}),
    (["plain", "old", "undated"], {"plain", "old", "undated"}),
    (["plain", "text", "--text", "kaboom"], {"text"}),
]


@pytest.mark.parametrize(("words", "meant"), CASES, ids=[" ".join(words) for words, _ in CASES])
async def test_the_same_letters_are_listed_and_sent_again(
    client: Client, stack: Stack, tap: AbstractQueue, words: list[str], meant: set[str]
) -> None:
    ids = await every_kind(client)
    given = [ids.get(word, word) for word in words]
    chosen = [message_id for kind, message_id in ids.items() if kind in meant]

    listed = await userbus(stack, "list", "--json", *given)
    assert [json.loads(line)["message_id"] for line in listed.stdout.splitlines()] == chosen
    assert await sent(tap) == []

    outcome = await userbus(stack, "redrive", *given)
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (0, f"{len(chosen)} redriven\n", "")
    assert [message.message_id for message in await sent(tap)] == chosen
    left = [message_id for kind, message_id in ids.items() if kind not in meant]
    assert [message_id for message_id, _ in await waiting(stack.amqp_url)] == left


async def test_a_dry_run_tells_what_would_be_done_and_does_nothing(
    client: Client, stack: Stack, tap: AbstractQueue
) -> None:
    began = datetime.now(UTC)
    ids = [*(await every_kind(client)).values(), *await dead(client, 1, **{"x-userbus-redacted": "password"})]
    outcome = await userbus(stack, "redrive", "--all", "--dry-run")
    assert (outcome.exit_code, outcome.stdout) == (1, f"{len(ids) - 1} would be redriven\n")
    assert "1 left: secrets were taken out" in outcome.stderr
    assert ids[-1] in outcome.stderr
    assert await sent(tap) == []
    assert [message_id for message_id, _ in await waiting(stack.amqp_url)] == ids
    assert await log(stack.amqp_url, began) == []

    assert (await userbus(stack, "redrive", "--all")).stdout == f"{len(ids) - 1} redriven\n"
    assert [message.message_id for message in await sent(tap)] == ids[:-1]
    assert len(await log(stack.amqp_url, began)) == 2


async def test_a_limit_counts_letters_that_are_meant(client: Client, stack: Stack, tap: AbstractQueue) -> None:
    ids = await every_kind(client)
    words = ["--text", "kaboom", "--limit", "2"]
    assert (await userbus(stack, "redrive", "--dry-run", *words)).stdout == "2 would be redriven\n"
    assert (await userbus(stack, "redrive", *words)).stdout == "2 redriven\n"
    assert [message.message_id for message in await sent(tap)] == [ids["text"], ids["exception"]]
