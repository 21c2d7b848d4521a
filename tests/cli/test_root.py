"""`userbus root`: the password comes from a terminal or standard input, never from the arguments."""

import asyncio
import os
import pty
import sys
from uuid import uuid4

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

PASSWORD = "correct horse battery"


def address() -> str:
    return f"{uuid4().hex[:12]}@example.com"


async def is_right(client: Client, email: str, password: str) -> bool:
    body = {"login": email, "password": password, "realm": "passport"}
    return bool((await client.call("auth.sign_in", body))["status"] == "done")


async def test_the_password_is_read_from_standard_input(stack: Stack, client: Client) -> None:
    email = address()
    words = ("root", "--email", email, "--name", "Root")
    status, out, err = await run_userbus(stack.amqp_url, *words, text=f"{PASSWORD}\n")
    assert (status, err) == (0, "")
    assert email in out
    assert await is_right(client, email, PASSWORD)


async def test_it_is_no_argument(stack: Stack) -> None:
    words = ("root", "--email", address(), "--name", "Root", "--password", PASSWORD)
    status, _, err = await run_userbus(stack.amqp_url, *words, text=f"{PASSWORD}\n")
    assert status == 2
    assert "No such option" in err


async def test_without_a_password_or_an_address_it_says_where_they_come_from(stack: Stack) -> None:
    status, _, err = await run_userbus(stack.amqp_url, "root", "--email", address(), "--name", "Root")
    assert (status, "standard input" in err) == (1, True)
    status, _, err = await run_userbus(stack.amqp_url, "root", text=f"{PASSWORD}\n")
    assert (status, "--email" in err) == (1, True)


async def test_on_a_terminal_it_asks_and_does_not_echo_the_password(stack: Stack, client: Client) -> None:
    email = address()
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "root"),
        env=os.environ | {"USERBUS_AMQP_URL": stack.amqp_url},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = ""
    try:
        for question, answer in (("Email: ", email), ("Name: ", "Root"), ("word: ", PASSWORD), ("word: ", PASSWORD)):
            # the space comes last, after what was typed too early has been thrown away
            while not shown.endswith(question):
                shown += (await asyncio.wait_for(asyncio.to_thread(os.read, ours, 1000), PATIENCE)).decode()
            os.write(ours, f"{answer}\n".encode())
            shown += "\n"
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        if process.returncode is None:
            process.kill()
    os.close(ours)
    assert PASSWORD not in shown
    assert await is_right(client, email, PASSWORD)
