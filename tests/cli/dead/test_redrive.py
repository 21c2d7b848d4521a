"""Redriving and dropping as people do it: how fast, with what on the screen, told in whose name, stopped halfway."""

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

from tests.cli.letters import Ended, dead, dead_letters, ended, log, sent, started, userbus, waiting
from tests.client import Client
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("empty")


def when(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["at"])


def handled(entries: list[dict[str, Any]]) -> list[str]:
    """The message_ids that the log tells."""
    return [message_id for entry in entries for message_id in entry.get("ids", [])]


async def test_no_more_are_sent_in_a_second_than_were_asked_for(client: Client, stack: Stack) -> None:
    ids = await dead(client, 9)
    began = datetime.now(UTC)
    assert (await userbus(stack, "redrive", "--all", "--rate", "4")).stdout == "9 redriven\n"
    first, last = await log(stack.amqp_url, began)  # written before the first letter and after the last
    assert last["ids"] == ids
    assert (when(last) - when(first)).total_seconds() >= 8 / 4


async def on_a_terminal(stack: Stack, *words: str) -> tuple[Ended, str]:
    """How a command went whose standard error is a terminal, and what that showed."""
    ours, theirs = pty.openpty()
    try:
        process = await started(stack.amqp_url, *words, stderr=theirs, env={"TERM": "xterm"})
    finally:
        os.close(theirs)
    outcome, shown = await asyncio.gather(ended(process), asyncio.to_thread(written, ours))
    return outcome, shown


def written(terminal: int) -> str:
    """What is written to a terminal, until nobody has it open any more; closes it."""
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
    await dead(client, 3)
    outcome, shown = await on_a_terminal(stack, *options)
    assert (outcome.exit_code, outcome.stdout) == (0, words)
    assert verb in shown
    assert "3/3" in shown

    await dead(client, 3)
    assert await userbus(stack, *options) == Ended(0, words, "")


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
    ids = await dead(client, 2, "user.create")
    began = datetime.now(UTC)
    await dead_letters(stack.amqp_url, *verb, "--name", "user.*", env=settings)
    done = datetime.now(UTC)
    first, last = await log(stack.amqp_url, began)
    assert (first["verb"], first["began"]["name"], last["verb"], last["ids"]) == (verb[0], "user.*", verb[0], ids)
    assert {first["by"], last["by"]} == {f"{who}@{socket.gethostname()}"}
    assert began <= when(first) <= when(last) <= done


async def test_the_log_tells_every_letter_of_a_large_run_once(client: Client, stack: Stack) -> None:
    ids = await dead(client, 1_201)
    began = datetime.now(UTC)
    assert (await userbus(stack, "drop", "--all", "--yes")).stdout == "1201 dropped\n"
    assert handled(await log(stack.amqp_url, began)) == ids


async def interrupted(process: Process) -> Ended:
    process.send_signal(signal.SIGINT)
    return await ended(process)


async def test_an_interrupted_redrive_has_told_every_letter_that_it_sent(
    client: Client, stack: Stack, tap: AbstractQueue
) -> None:
    ids = await dead(client, 40)
    began = datetime.now(UTC)
    process = await started(stack.amqp_url, "redrive", "--all", "--rate", "5")
    async with asyncio.timeout(60):
        while (await client.counted(tap.name))[0] < 6:
            await asyncio.sleep(0.02)
    outcome = await interrupted(process)
    left = [message_id for message_id, _ in await waiting(stack.amqp_url)]
    gone = ids[: len(ids) - len(left)]
    assert (outcome.exit_code, outcome.stdout) == (130, f"{len(gone)} redriven\n")
    assert "interrupted" in outcome.stderr
    assert (len(gone) >= 5, [*gone, *left]) == (True, ids)
    assert handled(await log(stack.amqp_url, began)) == gone
    assert [message.message_id for message in await sent(tap)][: len(gone)] == gone
