"""Dead letters counted by cause, and one sent again with another body."""

import json
import os
import re
from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
import pytest

from cli.dead.edit import ask_body
from dead_letters.dead_letter import Selection
from dead_letters.edit import Edit, NotRedriven, redrive_edited
from dead_letters.queue import DeadLetterQueue
from tests.support.client import Client
from tests.support.dead_letters import (
    add_dead_letters,
    read_log,
    read_waiting_ids,
    run_dead,
    start_dead,
    wait_ended,
)
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")


async def test_causes_are_counted(client: Client, stack: Stack) -> None:
    await add_dead_letters(client, 2, **{"x-userbus-code": "store.unavailable", "x-userbus-text": "no primary"})
    await add_dead_letters(client, 3, name="user.update")
    outcome = await run_dead(stack.amqp_url, "list", "--groups", "--json")
    rows = [json.loads(line) for line in outcome.stdout.splitlines()]
    told = [(row["reason"], row["name"], row["letters"], row["text"]) for row in rows]
    assert told == [("service.fault", "user.update", 3, ""), ("store.unavailable", "user.create", 2, "no primary")]
    shown = (await run_dead(stack.amqp_url, "list", "--groups", "--reason", "store.*")).stdout.splitlines()
    assert [line.split()[:3] for line in shown] == [
        ["reason", "name", "letters"],
        ["store.unavailable", "user.create", "2"],
    ]


async def test_one_is_sent_with_another_body_under_its_own_id(client: Client, stack: Stack) -> None:
    began, name = datetime.now(UTC), f"u{uuid4().hex}"
    first, other = await add_dead_letters(client, 2, **{"x-userbus-redacted": "password"})
    body = json.dumps({"username": name, "password": "correct horse battery"})
    outcome = await run_dead(stack.amqp_url, "redrive", first, "--edit", "the password was taken out", text=body)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout == f"{first} redriven with another body\n"
    assert await client.done("user.create", json.loads(body), message_id=first)  # answered from the journal
    assert (await client.done("user.get", {"username": name}))["revision"] == 1
    assert await read_waiting_ids(stack.amqp_url) == [other]
    began_entry, ended_entry = await read_log(stack.amqp_url, began)
    assert (began_entry["why"], ended_entry["verb"]) == ("the password was taken out", "redrive edited")
    assert ended_entry["changed"] == ["password", "username"]
    told = await run_dead(stack.amqp_url, "log")
    assert re.search(rf"redrive edited +1 +1 by message_id +password, username +{first} +the password was", told.stdout)
    assert (ended_entry["ids"], "@" in ended_entry["by"], "horse" in str(ended_entry)) == ([first], True, False)


@pytest.mark.parametrize(
    ("words", "body", "told"),
    [
        (("--edit", "why"), '{"username": 5}', "username: "),
        (("--edit", "why"), "{", "nothing was sent"),
        (("--edit", "why", "--dry-run"), "{}", "--edit changes one dead letter"),
        (("--edit", "why", "--all"), "{}", "--edit changes one dead letter"),
    ],
)
async def test_what_is_wrong_changes_nothing(
    client: Client, stack: Stack, words: tuple[str, ...], body: str, told: str
) -> None:
    ids = await add_dead_letters(client, 1)
    outcome = await run_dead(stack.amqp_url, "redrive", *ids, *words, text=body)
    assert (outcome.exit_code, told in outcome.stderr, "Traceback" in outcome.stderr) == (1, True, False)
    assert await read_waiting_ids(stack.amqp_url) == ids


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"username": "\\ud800"}'], ids=["deep", "half a character"])
async def test_any_body_can_be_edited(client: Client, stack: Stack, body: bytes) -> None:
    exchange, id = await client.channel.get_exchange("userbus.dead", ensure=False), uuid4().hex
    await exchange.publish(aio_pika.Message(body, message_id=id), "user.create")
    outer, terminal = os.openpty()
    try:
        words = ["redrive", id, "--edit", "why"]
        process = await start_dead(stack.amqp_url, *words, stdin=terminal, env={"EDITOR": "true"})
        outcome = await wait_ended(process)
    finally:
        os.close(terminal)
        os.close(outer)
    assert (outcome.exit_code, outcome.stderr) == (1, "userbus: the editor ended without saving: nothing was sent\n")


async def test_a_body_that_is_no_text_is_not_sent(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 1)
    env = {"PYTHONIOENCODING": "utf-8:strict"}  # as where the locale is neither C nor POSIX
    process = await start_dead(stack.amqp_url, "redrive", *ids, "--edit", "why", env=env)
    _, err = await process.communicate(b'{"username": "\xff"}')
    assert (process.returncode, b"not in UTF-8" in err, b"Traceback" in err) == (1, True, False)
    assert await read_waiting_ids(stack.amqp_url) == ids


async def test_several_or_unknown_ones_are_not_edited(client: Client, stack: Stack) -> None:
    await add_dead_letters(client, 2)
    outcome = await run_dead(stack.amqp_url, "redrive", "--name", "user.*", "--edit", "why", text="{}")
    assert (outcome.exit_code, "2 dead letters are meant" in outcome.stderr) == (1, True)
    async with DeadLetterQueue(stack.amqp_url) as queue:
        with pytest.raises(NotRedriven, match="0 dead letters"):
            await redrive_edited(queue, Edit(Selection(name="nothing"), "why", "ada@host"), ask_body)


async def test_of_two_with_one_message_id_one_has_to_go_first(client: Client, stack: Stack) -> None:
    exchange, id = await client.channel.get_exchange("userbus.dead.letters", ensure=False), uuid4().hex
    for _ in range(2):
        await exchange.publish(aio_pika.Message(b"{}", message_id=id), "user.create")
    body = json.dumps({"username": f"u{id}"})
    outcome = await run_dead(stack.amqp_url, "redrive", id, "--edit", "why", text=body)
    assert (outcome.exit_code, f"`userbus dead drop {id} --limit 1`" in outcome.stderr) == (1, True)
    assert (await run_dead(stack.amqp_url, "drop", id, "--limit", "1", "--yes")).exit_code == 0
    assert (await run_dead(stack.amqp_url, "redrive", id, "--edit", "why", text=body)).exit_code == 0
