"""Redriving and dropping: the rate, the progress bar, the audit log, and Ctrl-C halfway."""

import asyncio
import os
import pty
import signal
import socket
from asyncio.subprocess import Process
from datetime import UTC, datetime
from typing import Any

import pytest
from aio_pika.abc import AbstractQueue

from tests.support.client import Client
from tests.support.dead_letters import (
    CommandResult,
    add_dead_letters,
    drain,
    handled_ids,
    read_log,
    read_waiting_ids,
    run_dead,
    start_dead,
    wait_ended,
)
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")


def timestamp(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["at"])


async def test_no_more_are_sent_in_a_second_than_were_asked_for(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 9)
    began = datetime.now(UTC)
    assert (await run_dead(stack.amqp_url, "redrive", "--all", "--rate", "4")).stdout == "9 redriven\n"
    first, last = await read_log(stack.amqp_url, began)  # written before the first dead letter and after the last
    assert last["ids"] == ids
    assert (timestamp(last) - timestamp(first)).total_seconds() >= 8 / 4


async def run_on_terminal(stack: Stack, *words: str) -> tuple[CommandResult, str]:
    """Run `userbus dead` with a terminal as its standard error; its result, and what the terminal showed."""
    ours, theirs = pty.openpty()
    try:
        process = await start_dead(stack.amqp_url, *words, stderr=theirs, env={"TERM": "xterm"})
    finally:
        os.close(theirs)
    outcome, shown = await asyncio.gather(wait_ended(process), asyncio.to_thread(read_terminal, ours))
    return outcome, shown


def read_terminal(terminal: int) -> str:
    """What is written to a terminal until its last writer closes it; closes it too."""
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how a terminal ends
        pass
    finally:
        os.close(terminal)
    return shown.decode()


@pytest.mark.parametrize(("verb", "words"), [("redrive", "3 redriven\n"), ("drop", "3 dropped\n")])
async def test_progress_is_shown_on_a_terminal_alone(client: Client, stack: Stack, verb: str, words: str) -> None:
    options = [verb, "--all", *(["--yes"] if verb == "drop" else [])]
    await add_dead_letters(client, 3)
    outcome, shown = await run_on_terminal(stack, *options)
    assert (outcome.exit_code, outcome.stdout) == (0, words)
    assert verb in shown
    assert "3/3" in shown

    await add_dead_letters(client, 3)
    assert await run_dead(stack.amqp_url, *options) == CommandResult(0, words, "")


@pytest.mark.parametrize(
    ("verb", "settings", "who"),
    [
        (["redrive"], {"LOGNAME": "ada", "SUDO_USER": ""}, "ada"),
        (["drop", "--yes"], {"LOGNAME": "root", "SUDO_USER": "grace"}, "grace"),
    ],
)
async def test_the_log_tells_who_did_what_and_when(
    client: Client, stack: Stack, verb: list[str], settings: dict[str, str], who: str
) -> None:
    ids = await add_dead_letters(client, 2, "user.create")
    began = datetime.now(UTC)
    await run_dead(stack.amqp_url, *verb, "--name", "user.*", env=settings)
    done = datetime.now(UTC)
    first, last = await read_log(stack.amqp_url, began)
    assert (first["verb"], first["began"]["name"], last["verb"], last["ids"]) == (verb[0], "user.*", verb[0], ids)
    assert {first["by"], last["by"]} == {f"{who}@{socket.gethostname()}"}
    assert began <= timestamp(first) <= timestamp(last) <= done


async def test_the_log_holds_every_dead_letter_of_a_large_run_once(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 1_201)
    began = datetime.now(UTC)
    assert (await run_dead(stack.amqp_url, "drop", "--all", "--yes")).stdout == "1201 dropped\n"
    assert handled_ids(await read_log(stack.amqp_url, began)) == ids


async def interrupt(process: Process) -> CommandResult:
    process.send_signal(signal.SIGINT)
    return await wait_ended(process)


async def test_an_interrupted_redrive_has_logged_every_dead_letter_that_it_sent(
    client: Client, stack: Stack, tap: AbstractQueue
) -> None:
    ids = await add_dead_letters(client, 40)
    began = datetime.now(UTC)
    process = await start_dead(stack.amqp_url, "redrive", "--all", "--rate", "5")
    async with asyncio.timeout(PATIENCE):
        while (await client.counted(tap.name))[0] < 6:
            await asyncio.sleep(0.02)
    outcome = await interrupt(process)
    left = await read_waiting_ids(stack.amqp_url)
    gone = ids[: len(ids) - len(left)]
    assert (outcome.exit_code, outcome.stdout) == (130, f"{len(gone)} redriven\n")
    assert "interrupted" in outcome.stderr
    assert (len(gone) >= 5, [*gone, *left]) == (True, ids)
    assert handled_ids(await read_log(stack.amqp_url, began)) == gone
    assert [message.message_id for message in await drain(tap)][: len(gone)] == gone
