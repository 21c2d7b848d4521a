"""Commands made from the catalogue: what they take, print and refuse."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from typer.testing import CliRunner

from cli.main import app
from cli.requests.commands import ELSEWHERE, NOUNS, command_words
from contracts.catalog import CATALOG
from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack

SERVED = [name for name in CATALOG if name.partition(".")[0] in {*NOUNS, "audit"} and name not in ELSEWHERE]


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Commands that run in this process set up its logging, which ends with their output.

    It is given back and not made anew: a worker of this process keeps the list of processors that it began with.
    """
    configuration = structlog.get_config()
    loggers = [logging.getLogger(name) for name in ("client", "aiormq", "aio_pika")]
    levels = [logger.level for logger in loggers]
    yield
    structlog.configure(**configuration)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def run_json(stack: Stack, *words: str, text: str = "") -> list[dict[str, Any]]:
    """What a command prints with --json; it must succeed."""
    status, out, err = await run_userbus(stack.amqp_url, *words, "--json", text=text)
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", SERVED)
def test_every_request_has_a_command_with_an_example(name: str) -> None:
    words = command_words(name)
    told = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert f"Example: userbus {' '.join(words)}" in told.stdout


async def test_a_user_is_created_changed_found_and_deleted(stack: Stack, client: Client) -> None:
    name, password = f"u{uuid4().hex}", f"correct horse {uuid4().hex}"
    (made,) = await run_json(stack, "user", "create", "--username", name, "--password", text=f"{password}\n")
    id = str(made["id"])
    assert (await client.done("auth.sign_in", {"login": name, "password": password}))["user"]["id"] == made["id"]
    (changed,) = await run_json(stack, "user", "update", id, "--company", "42")
    assert changed["company"] == "42"  # a text, whatever it looks like
    status, out, _ = await run_userbus(stack.amqp_url, "user", "get", "--username", name)
    assert (status, re.search(rf"^id +{id} *$", out, re.M) is not None, password in out) == (0, True, False)
    where = json.dumps([{"field": "username", "value": name}])
    status, out, _ = await run_userbus(stack.amqp_url, "user", "list", "--filter", where)
    heading, row = out.splitlines()
    assert (status, heading.split()[0], row.split()[0]) == (0, "id", id)
    status, _, err = await run_userbus(stack.amqp_url, "user", "delete", id)
    assert (status, "say --yes" in err) == (1, True)
    assert await run_json(stack, "user", "delete", id, "--yes") == [{"deleted": 1}]
    status, _, err = await run_userbus(stack.amqp_url, "user", "get", id)
    assert (status, "user.not_found" in err) == (1, True)


async def test_lists_of_ids_are_given_with_commas(stack: Stack, client: Client) -> None:
    code = f"c{uuid4().hex}"
    app_row = await client.done("app.create", {"code": code, "name": code})
    role = await client.done("role.create", {"app_id": app_row["id"], "code": code, "name": code})
    user = await client.done("user.create", {"username": code})
    await run_json(stack, "role", "assign", str(user["id"]), "--role-ids", str(role["id"]))
    (found,) = await run_json(stack, "role", "of-user", str(user["id"]))
    assert found["id"] == role["id"]


async def test_the_audit_trail_is_searched_by_age_and_names_who_used_the_command_line(stack: Stack) -> None:
    (made,) = await run_json(stack, "user", "create", "--username", f"u{uuid4().hex}")
    (entry,) = await run_json(stack, "audit", "--subject", f"user/{made['id']}", "--since", "7d")
    assert (entry["name"], entry["outcome"]) == ("user.create", "done")
    assert entry["actor"].startswith("operator:")
    assert await run_json(stack, "audit", "--subject", f"user/{made['id']}", "--until", "1h") == []


async def test_wrong_fields_end_with_one_sentence(stack: Stack) -> None:
    status, out, err = await run_userbus(stack.amqp_url, "role", "get", "ada")
    assert (status, out, err.startswith("userbus: id: ")) == (2, "", True)
    status, _, err = await run_userbus(stack.amqp_url, "role", "grant", "5")
    assert (status, "resource_ids" in err, "--help of the command has an example" in err) == (2, True, True)
    status, _, err = await run_userbus(stack.amqp_url, "audit", "--since", "yesterday")
    assert (status, err.startswith("userbus: since: neither a time, as 2026-01-31T08:00:00Z, nor an age")) == (2, True)
    status, _, err = await run_userbus(stack.amqp_url, "user", "create", "--email", "nonsense")
    assert (status, err.startswith("userbus: email: ")) == (2, True)
    number = f"+86139{uuid4().int % 10**8:08}"
    await run_json(stack, "sms", "send-code", "--telephone", number)
    status, _, err = await run_userbus(stack.amqp_url, "sms", "send-code", "--telephone", number)
    assert (status, re.search(r"\(sms\.too_soon; retry_after \d+\)$", err.strip()) is not None) == (1, True)
    status, _, _ = await run_userbus(stack.amqp_url, "user", "get", "--nonsense")
    assert status == 2


async def test_what_changed_nothing_is_told(stack: Stack, client: Client) -> None:
    status, out, err = await run_userbus(stack.amqp_url, "user", "delete", "9000000000", "--yes")
    assert (status, out.split(), err) == (
        1,
        ["field", "value", "deleted", "0"],
        "userbus: nothing was deleted: there is no such user\n",
    )
    user = await client.done("user.create", {"username": f"u{uuid4().hex}"})
    status, out, _ = await run_userbus(stack.amqp_url, "role", "revoke", str(user["id"]))
    assert (status, out.split()) == (0, ["field", "value", "ids", "none"])


async def test_a_fault_of_several_options_begins_with_its_sentence(stack: Stack) -> None:
    status, _, err = await run_userbus(stack.amqp_url, "user", "get")
    assert (status, err.startswith("userbus: give exactly one of id, ")) == (2, True)
