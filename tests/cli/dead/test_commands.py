"""`userbus dead`: list, show, redrive and drop; dead letters that are not selected stay where they were."""

import asyncio
import json
import re

import aio_pika
import pytest

from tests.support.client import Client
from tests.support.dead_letters import add_dead_letters, read_waiting, read_waiting_ids, run_dead
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")


async def is_created(client: Client, message_id: str) -> bool:
    reply = await client.call("user.get", {"username": f"u_{message_id[:12]}"})
    return bool(reply["status"] == "done")


async def wait_created(client: Client, ids: list[str]) -> None:
    async with asyncio.timeout(PATIENCE):
        for message_id in ids:
            while not await is_created(client, message_id):
                await asyncio.sleep(0.05)


async def test_the_list_tells_cause_and_age(client: Client, stack: Stack) -> None:
    await client.send("user.create", b"{{{", message_id="broken-1", app_id="billing")
    async with asyncio.timeout(PATIENCE):
        while not (await client.counted("userbus.dead"))[0]:
            await asyncio.sleep(0.05)
    (line,) = (await run_dead(stack.amqp_url, "list", "--json")).stdout.splitlines()
    found = json.loads(line)
    assert (found["message_id"], found["name"], found["reason"]) == ("broken-1", "user.create", "message.undecodable")
    assert (found["attempts"], found["bytes"], found["first"]) == (1, 3, found["at"])
    assert found["worker"]
    table = (await run_dead(stack.amqp_url, "list")).stdout
    assert "broken-1" in table
    assert "message.undecodable" in table


async def test_show_tells_everything_but_secrets(client: Client, stack: Stack) -> None:
    exchange = await client.channel.get_exchange("userbus.dead.letters", ensure=False)
    body = json.dumps({"username": "ada", "password": "correct horse"}).encode()
    given_up = aio_pika.Message(body, message_id="given-up", headers={"x-first-death-reason": "delivery_limit"})
    await exchange.publish(given_up, "user.create")
    shown = await run_dead(stack.amqp_url, "show", "given-up")
    assert "x-first-death-reason: delivery_limit" in shown.stdout
    assert '"username": "ada"' in shown.stdout
    assert "correct horse" not in shown.stdout
    missing = await run_dead(stack.amqp_url, "show", "no-such-id")
    assert (missing.exit_code, "no-such-id" in missing.stderr) == (1, True)


async def test_a_redriven_command_runs_under_its_own_id_and_without_its_past(client: Client, stack: Stack) -> None:
    (message_id,) = await add_dead_letters(
        client, 1, "user.create", None, None, **{"x-death": "forged", "x-deadline": 1, "x-actor": "user:7"}
    )
    events = await client.events("user.created")
    outcome = await run_dead(stack.amqp_url, "redrive", message_id)
    assert (outcome.exit_code, outcome.stdout) == (0, "1 redriven\n")
    event = await events.next()
    assert (event["causationid"], event["actor"]) == (message_id, "user:7")
    assert await read_waiting(stack.amqp_url) == []
    assert (await run_dead(stack.amqp_url, "redrive", message_id)).stdout == "0 redriven\n"


async def test_what_is_not_selected_stays_in_order_and_is_marked_once(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 30)
    for position in (3, 17):
        await run_dead(stack.amqp_url, "redrive", ids[position])
    left = [message_id for position, message_id in enumerate(ids) if position not in (3, 17)]
    assert await read_waiting(stack.amqp_url) == [(message_id, 2) for message_id in left]
    await wait_created(client, [ids[3], ids[17]])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--name", "role.*"], {1}),
        (["--reason", "store.*"], {2}),
        (["--text", "KABOOM"], {3}),
        (["--older", "1h"], {4}),
        (["--newer", "30m"], {5}),
        (["--all", "--limit", "2"], {0, 1}),
        (["--name", "user.*", "--text", "kaboom"], {3}),
    ],
)
async def test_dead_letters_are_selected(client: Client, stack: Stack, words: list[str], meant: set[int]) -> None:
    (plain,) = await add_dead_letters(client, 1)
    (name,) = await add_dead_letters(client, 1, "role.create")
    (reason,) = await add_dead_letters(client, 1, **{"x-userbus-code": "store.unavailable"})
    (text,) = await add_dead_letters(client, 1, **{"x-userbus-text": "it went kaboom"})
    (old,) = await add_dead_letters(client, 1, **{"x-userbus-at": "2020-01-01T00:00:00+00:00"})
    (new,) = await add_dead_letters(client, 1, **{"x-userbus-at": "2999-01-01T00:00:00+00:00"})
    ids = [plain, name, reason, text, old, new]
    dry = await run_dead(stack.amqp_url, "drop", "--dry-run", *words)
    assert dry.stdout == f"{len(meant)} would be dropped\n"
    assert await read_waiting_ids(stack.amqp_url) == ids
    outcome = await run_dead(stack.amqp_url, "drop", "--yes", *words)
    assert outcome.stdout == f"{len(meant)} dropped\n"
    assert await read_waiting_ids(stack.amqp_url) == [
        message_id for position, message_id in enumerate(ids) if position not in meant
    ]


async def test_a_dead_letter_without_its_secrets_cannot_be_redriven_and_says_so(client: Client, stack: Stack) -> None:
    (message_id,) = await add_dead_letters(client, 1, **{"x-userbus-redacted": "password"})
    outcome = await run_dead(stack.amqp_url, "redrive", "--all")
    assert (outcome.exit_code, outcome.stdout) == (1, "0 redriven\n")
    assert "its sender has to" in outcome.stderr
    assert await read_waiting_ids(stack.amqp_url) == [message_id]


async def test_a_dead_letter_that_no_queue_takes_stays(client: Client, stack: Stack) -> None:
    (message_id,) = await add_dead_letters(client, 1, "spaceship.launch")
    outcome = await run_dead(stack.amqp_url, "redrive", "--all")
    assert (outcome.exit_code, outcome.stdout) == (1, "0 redriven\n")
    assert await read_waiting_ids(stack.amqp_url) == [message_id]


async def test_nothing_happens_by_accident(client: Client, stack: Stack) -> None:
    (message_id,) = await add_dead_letters(client, 1)
    for words in (["redrive"], ["drop", "--yes"]):
        outcome = await run_dead(stack.amqp_url, *words)
        assert (outcome.exit_code, "or --all" in outcome.stderr) == (1, True)
    for words in (["drop", "--all"], ["drop-undeliverable"]):
        outcome = await run_dead(stack.amqp_url, *words, text="y\n")
        assert (outcome.exit_code, outcome.stdout, "nothing was dropped; say --yes" in outcome.stderr) == (1, "", True)
    assert await read_waiting_ids(stack.amqp_url) == [message_id]


async def test_the_log_tells_who_did_what(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 3)
    await run_dead(stack.amqp_url, "redrive", *ids[:2])
    await run_dead(stack.amqp_url, "drop", "--yes", ids[2])
    told = [json.loads(line) for line in (await run_dead(stack.amqp_url, "log", "--json")).stdout.splitlines()]
    assert [entry["ids"] for entry in told if "ids" in entry][-2:] == [ids[:2], ids[2:]]
    assert [entry["verb"] for entry in told][-4:] == ["redrive", "redrive", "drop", "drop"]
    assert all("@" in entry["by"] and entry["at"] for entry in told[-4:])
    heading, dropped, redriven, *_ = (await run_dead(stack.amqp_url, "log", "--since", "1d")).stdout.splitlines()
    columns = ["at", "by", "verb", "letters", "chosen by", "changed", "message_ids", "why"]
    assert re.split("  +", heading.strip()) == columns
    assert re.split("  +", dropped.strip())[2:5] == ["drop", "1", "1 by message_id"]
    assert re.split("  +", redriven.strip())[2:5] == ["redrive", "2", "2 by message_id"]
    assert " ".join(ids[:2]) in redriven
    for begin in ("99999d", "0001-01-01"):
        assert (await run_dead(stack.amqp_url, "log", "--since", begin)).stdout.splitlines()[1:3] == [dropped, redriven]
    future = await run_dead(stack.amqp_url, "log", "--since", "2999-01-01")
    assert (future.exit_code, future.stdout.split()) == (0, [word for name in columns for word in name.split()])


async def test_without_a_broker_it_says_what_to_do() -> None:
    outcome = await run_dead("amqp://guest:guest@127.0.0.1:9/", "list")
    assert outcome.exit_code == 1
    assert "USERBUS_AMQP_URL" in outcome.stderr
