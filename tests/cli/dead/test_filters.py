"""A selection finds the same dead letters for `list`, a dry run and `redrive`."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractQueue

from contracts.catalog import DEAD
from dead_letters.queue import DeadLetterQueue
from tests.support.client import Client
from tests.support.dead_letters import add_dead_letters, drain, read_log, read_waiting_ids, run_dead
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")

AT = "x-userbus-at"


async def add_every_kind(client: Client) -> dict[str, str]:
    """Add one dead letter for each condition, in this order, each of which can be redriven; ids by what is special."""
    now = datetime.now(UTC).isoformat()
    ids = {
        "plain": await add_dead_letters(client, 1, **{AT: now}),
        "name": await add_dead_letters(client, 1, "role.create", {"name": f"r_{uuid4().hex}"}, **{AT: now}),
        "reason": await add_dead_letters(client, 1, **{AT: now, "x-userbus-code": "store.unavailable"}),
        "text": await add_dead_letters(client, 1, **{AT: now, "x-userbus-text": "it went Kaboom"}),
        "exception": await add_dead_letters(client, 1, **{AT: now, "x-userbus-exception": "KaboomError"}),
        "body": await add_dead_letters(client, 1, body={"username": f"kaboom_{uuid4().hex[:12]}"}, **{AT: now}),
        "old": await add_dead_letters(client, 1, **{AT: "2020-01-01T00:00:00+00:00"}),
        "caller": await add_dead_letters(client, 1, app_id="billing-worker", **{AT: now}),
        "undated": await add_dead_letters(client, 1),
    }
    return {kind: message_id for kind, (message_id,) in ids.items()}


CASES = [
    (["--name", "role.*"], {"name"}),
    (["--name", "*.create", "--older", "1h"], {"old"}),
    (["--name", "role"], set()),
    (["--reason", "store.*"], {"reason"}),
    (["--older", "7d"], {"old"}),
    (["--older", "9999999999d"], set()),
    (["--newer", "2h"], {"plain", "name", "reason", "text", "exception", "body", "caller"}),
    (["--older", "2020-01-01T00:00:01Z"], {"old"}),
    (["--newer", "2020-01-02", "--caller", "billing-*"], {"caller"}),
    (["--text", "kaboom"], {"text", "exception", "body"}),
    (["--text", "KABOOMERROR"], {"exception"}),
    (["--text", "Kaboom_"], {"body"}),
    (["plain", "old", "undated"], {"plain", "old", "undated"}),
    (["plain", "text", "--text", "kaboom"], {"text"}),
]


@pytest.mark.parametrize(("words", "meant"), CASES, ids=[" ".join(words) for words, _ in CASES])
async def test_the_same_dead_letters_are_listed_and_sent_again(
    client: Client, stack: Stack, tap: AbstractQueue, words: list[str], meant: set[str]
) -> None:
    ids = await add_every_kind(client)
    given = [ids.get(word, word) for word in words]
    chosen = [message_id for kind, message_id in ids.items() if kind in meant]

    listed = await run_dead(stack.amqp_url, "list", "--json", *given)
    assert [json.loads(line)["message_id"] for line in listed.stdout.splitlines()] == chosen
    assert await drain(tap) == []

    outcome = await run_dead(stack.amqp_url, "redrive", *given)
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (0, f"{len(chosen)} redriven\n", "")
    assert [message.message_id for message in await drain(tap)] == chosen
    left = [message_id for kind, message_id in ids.items() if kind not in meant]
    assert await read_waiting_ids(stack.amqp_url) == left


async def test_a_dry_run_tells_what_would_be_done_and_does_nothing(
    client: Client, stack: Stack, tap: AbstractQueue
) -> None:
    began = datetime.now(UTC)
    ids = [
        *(await add_every_kind(client)).values(),
        *await add_dead_letters(client, 1, **{"x-userbus-redacted": "password"}),
    ]
    outcome = await run_dead(stack.amqp_url, "redrive", "--all", "--dry-run")
    assert (outcome.exit_code, outcome.stdout) == (1, f"{len(ids) - 1} would be redriven\n")
    assert "1 left: secrets were taken out" in outcome.stderr
    assert ids[-1] in outcome.stderr
    assert await drain(tap) == []
    assert await read_waiting_ids(stack.amqp_url) == ids
    assert await read_log(stack.amqp_url, began) == []

    assert (await run_dead(stack.amqp_url, "redrive", "--all")).stdout == f"{len(ids) - 1} redriven\n"
    assert [message.message_id for message in await drain(tap)] == ids[:-1]
    assert len(await read_log(stack.amqp_url, began)) == 2


async def test_a_pass_ends_once_what_it_has_held_is_back(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 1000)
    async with DeadLetterQueue(stack.amqp_url) as queue:
        assert [message.message_id async for message in queue.read()] == ids
    found = await client.channel.declare_queue(DEAD, passive=True)  # on a channel that is open: at once
    assert found.declaration_result.message_count == len(ids)


async def test_a_limit_counts_selected_dead_letters(client: Client, stack: Stack, tap: AbstractQueue) -> None:
    ids = await add_every_kind(client)
    words = ["--text", "kaboom", "--limit", "2"]
    assert (await run_dead(stack.amqp_url, "redrive", "--dry-run", *words)).stdout == "2 would be redriven\n"
    assert (await run_dead(stack.amqp_url, "redrive", *words)).stdout == "2 redriven\n"
    assert [message.message_id for message in await drain(tap)] == [ids["text"], ids["exception"]]
