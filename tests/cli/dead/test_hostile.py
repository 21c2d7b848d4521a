"""Dead letters whose senders aim at the operator's screen."""

import json
from typing import Any

import aio_pika
import pytest

from tests.support.client import Client
from tests.support.dead_letters import read_waiting, run_dead
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")
HOSTILE = "\x1b[2J\x9b[/red][bold]\u202e\U000e0041\n2 dead letters"
SHOWN = r"\u001b[2J\u009b[/red][bold]\u202e\udb40\udc41\u000a2 dead letters"


def commands(text: str) -> list[str]:
    """The characters that a terminal would act upon."""
    return [char for char in text.replace("\n", "") if not char.isprintable()]


async def test_nothing_of_a_dead_letter_commands_the_terminal(client: Client, stack: Stack) -> None:
    exchange = await client.channel.get_exchange("userbus.dead", ensure=False)
    told = dict.fromkeys(("x-userbus-code", "x-userbus-text", "x-userbus-worker", "k\x1b[2J"), HOSTILE)
    headers: dict[str, Any] = {"x-userbus-reason": "dead_lettered", **told}
    body = json.dumps({"name": HOSTILE}, ensure_ascii=False).encode() + b"\x1b[2J\xff"
    await exchange.publish(aio_pika.Message(body, message_id=HOSTILE, app_id=HOSTILE, headers=headers), "user.create")
    outcomes = [await run_dead(stack.amqp_url, *words) for words in (["list"], ["list", "--json"], ["show", SHOWN])]
    outcomes.append(await run_dead(stack.amqp_url, "show", HOSTILE[::-1]))
    assert [outcome.exit_code for outcome in outcomes] == [0, 0, 0, 1], outcomes
    assert [commands(outcome.stdout + outcome.stderr) for outcome in outcomes] == [[]] * 4
    listed, lines, shown, _ = outcomes
    assert SHOWN in listed.stdout
    assert len(listed.stdout.splitlines()) == 2
    assert json.loads(lines.stdout)["message_id"] == SHOWN
    assert f"message_id: {SHOWN}" in shown.stdout
    dropped = await run_dead(stack.amqp_url, "drop", "--yes", SHOWN)
    assert (dropped.exit_code, dropped.stdout) == (0, "1 dropped\n")
    assert await read_waiting(stack.amqp_url) == []
