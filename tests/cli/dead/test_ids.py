"""Message ids: shown whole, taken as unique prefixes."""

import aio_pika
import pytest
from aiormq.abc import FieldValue
from click import unstyle

from dead_letters.job import NOT_THERE
from tests.support.client import Client
from tests.support.dead_letters import add_dead_letters, read_waiting_ids, run_dead
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")

CAUSE: dict[str, FieldValue] = {"x-userbus-reason": "dead_lettered", "x-userbus-code": "service.fault"}


async def add_with_ids(client: Client, *ids: str) -> None:
    exchange = await client.channel.get_exchange("userbus.dead.letters", ensure=False)
    for each in ids:
        await exchange.publish(aio_pika.Message(b"{}", message_id=each, headers=CAUSE), "user.create")


@pytest.mark.parametrize("columns", ["40", "80"])
async def test_ids_are_listed_whole_in_a_pipe_and_on_a_narrow_screen(
    client: Client, stack: Stack, columns: str
) -> None:
    (short,) = await add_dead_letters(client, 1, **{"x-userbus-text": "it went kaboom " * 10})
    await add_with_ids(client, "import-" + "0" * 200, "[red]order[/red]:smile:")
    for terminal in ({}, {"FORCE_COLOR": "1"}):
        shown = (await run_dead(stack.amqp_url, "list", env={"COLUMNS": columns, **terminal})).stdout
        for each in (short, "import-" + "0" * 200, "[red]order[/red]:smile:"):
            assert each in shown


@pytest.mark.parametrize("columns", ["60", "80", "160"])
async def test_words_are_whole_and_no_line_is_wider_than_the_screen(client: Client, stack: Stack, columns: str) -> None:
    (letter,) = await add_dead_letters(client, 1, **{"x-userbus-text": "it went kaboom " * 10})
    env = {"COLUMNS": columns, "FORCE_COLOR": "1", "NO_COLOR": "1"}
    shown = unstyle((await run_dead(stack.amqp_url, "list", env=env)).stdout)
    assert max(map(len, shown.splitlines())) <= int(columns)
    words = shown.replace(";", " ").split()
    assert words.count("kaboom") == 10
    assert {letter, "user.create", "service.fault"} <= {*words}


async def test_a_pipe_gets_one_line_a_dead_letter(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 2, **{"x-userbus-text": "it went\nkaboom " * 10})
    lines = (await run_dead(stack.amqp_url, "list", env={"COLUMNS": "80"})).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["message_id", *ids]


async def test_a_prefix_that_only_one_id_has_is_enough(client: Client, stack: Stack) -> None:
    await add_with_ids(client, "order-1", "order-2", "bill-1", "bill-12")
    assert "message_id: order-2" in (await run_dead(stack.amqp_url, "show", "order-2")).stdout
    assert (await run_dead(stack.amqp_url, "drop", "--yes", "order-2")).stdout == "1 dropped\n"
    assert "message_id: order-1" in (await run_dead(stack.amqp_url, "show", "or")).stdout
    assert (await run_dead(stack.amqp_url, "redrive", "--dry-run", "or")).stdout == "1 would be redriven\n"
    assert "bill-12" not in (await run_dead(stack.amqp_url, "list", "bill-1")).stdout  # a whole id comes first
    assert (await run_dead(stack.amqp_url, "drop", "--yes", "bill-1", "o")).stdout == "2 dropped\n"
    assert await read_waiting_ids(stack.amqp_url) == ["bill-12"]


@pytest.mark.parametrize("words", [["show"], ["list"], ["redrive"], ["drop", "--yes"]], ids=lambda words: words[0])
async def test_an_ambiguous_prefix_is_told_with_the_ids_and_nothing_is_done(
    client: Client, stack: Stack, words: list[str]
) -> None:
    await add_with_ids(client, "order-1", "order-2", "bill-1")
    outcome = await run_dead(stack.amqp_url, *words, "bill", "order") if words != ["show"] else await run_dead(
        stack.amqp_url, "show", "order"
    )  # fmt: skip
    assert outcome.exit_code == 1
    assert "order begins 2 message_ids: order-1, order-2" in outcome.stderr
    assert await read_waiting_ids(stack.amqp_url) == ["order-1", "order-2", "bill-1"]


@pytest.mark.parametrize("words", [["show"], ["list"], ["redrive"], ["drop", "--yes"]], ids=lambda words: words[0])
async def test_an_id_that_no_dead_letter_has_is_told(client: Client, stack: Stack, words: list[str]) -> None:
    await add_with_ids(client, "order-1")
    for given in ("bill", ""):
        outcome = await run_dead(stack.amqp_url, *words, given)
        assert (outcome.exit_code, f"begins with {given}" in outcome.stderr or NOT_THERE in outcome.stderr) == (1, True)
    assert await read_waiting_ids(stack.amqp_url) == ["order-1"]
