"""Dead letters in the console: look, change, redrive, drop, and two operators at once."""

import asyncio
import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4

import pytest

from bridge.console.pages import dead
from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Forms, Visitor
from tests.support.dead_letters import add_dead_letters, read_log, read_waiting_ids
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")
LETTERS = "/dead/letters?reason=service.fault&name=user.create"


async def read_until(visitor: Visitor, path: str, words: str) -> str:
    """The page once it has these words: what a pass has held comes back a moment after it."""
    async with asyncio.timeout(PATIENCE):
        while words not in (page := await visitor.read(path)):
            await asyncio.sleep(0.05)
    return page


async def wait_waiting(url: str, ids: list[str]) -> None:
    """Wait until exactly these are in the queue."""
    async with asyncio.timeout(PATIENCE):
        while await read_waiting_ids(url) != ids:
            await asyncio.sleep(0.1)


async def test_they_are_grouped_by_cause_and_shown_whole(operator: SignedInOperator, client: Client) -> None:
    about = {"x-userbus-code": "store.unavailable", "x-userbus-text": "<b>no primary</b>", "x-userbus-trace": "a\nb"}
    first, _ = await add_dead_letters(client, 2, **about)
    fault = {"x-userbus-exception": "KeyError", "x-userbus-text": "no such key"}
    await add_dead_letters(client, 1, name="user.update", **fault)
    page = await read_until(operator.visitor, "/dead", "<p>3 messages")
    assert page.index("store.unavailable</a>") < page.index("service.fault</a>")
    assert ("&lt;b&gt;no primary" in page, "KeyError: no such key" in page) == (True, True)
    page = await operator.visitor.read("/dead/letters?reason=store.unavailable&name=user.create")
    assert f"/console/dead/letter?id={first}" in page
    assert "Redrive 2" in page
    assert "redrive once it is back" in page
    assert '<td data-label="Sender">' in page
    page = await operator.visitor.read(f"/dead/letter?id={first}")
    assert "<pre>a\nb</pre>" in page
    assert "<dt>x-userbus-code</dt><dd>store.unavailable</dd>" in page


async def test_those_of_a_cause_are_redriven_in_the_name_of_the_operator(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    began = datetime.now(UTC)
    ids = await add_dead_letters(client, 3)
    (other,) = await add_dead_letters(client, 1, **{"x-userbus-code": "store.unavailable"})
    await read_until(operator.visitor, LETTERS, "Redrive 3")
    answer = await operator.visitor.submit(LETTERS, "/dead/redrive")
    assert (answer.status_code, "<h1>3 redriven</h1>" in answer.text) == (200, True)
    await wait_waiting(stack.amqp_url, [other])
    began_entry, ended_entry = await read_log(stack.amqp_url, began)
    assert (sorted(ended_entry["ids"]), ended_entry["verb"]) == (sorted(ids), "redrive")
    assert began_entry["by"] == f"{operator.actor} {operator.user['username']}"


@pytest.mark.parametrize(("verb", "words"), [("redrive", "redriven"), ("drop", "dropped")])
async def test_many_are_taken_in_parts_with_their_progress(
    operator: SignedInOperator, client: Client, stack: Stack, monkeypatch: pytest.MonkeyPatch, verb: str, words: str
) -> None:
    monkeypatch.setattr(dead, "AT_ONCE", 2)  # several parts of a few letters, not of some hundred
    await add_dead_letters(client, 5)
    await read_until(operator.visitor, LETTERS, "Redrive 5")
    answer, told = await operator.visitor.submit(LETTERS, f"/dead/{verb}"), [0]
    while "data-goes-on" in answer.text:
        told.append(int(re.findall(rf"<h1>(\d) of 5 {words}</h1>", answer.text)[0]))
        assert f'<progress value="{told[-1]}" max="5"' in answer.text
        answer = await operator.visitor.send(f"/dead/{verb}", **Forms(answer.text).found[f"/console/dead/{verb}"])
    told.append(5)
    assert f"<h1>5 {words}</h1>" in answer.text
    assert {after - before for before, after in pairwise(told)} <= {1, 2}
    await wait_waiting(stack.amqp_url, [])


async def test_what_others_have_taken_of_many_meanwhile_ends_them(
    operator: SignedInOperator, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead, "AT_ONCE", 2)  # several parts of a few letters, not of some hundred
    await add_dead_letters(client, 3)
    await read_until(operator.visitor, LETTERS, "Redrive 3")
    first = await operator.visitor.submit(LETTERS, "/dead/drop")
    form = Forms(first.text).found["/console/dead/drop"]
    await read_until(operator.visitor, LETTERS, "Drop 1")
    await operator.visitor.submit(LETTERS, "/dead/drop")
    last = await operator.visitor.send("/dead/drop", **form)
    assert (last.status_code, "<h1>2 dropped</h1>" in last.text, "Somebody else" in last.text) == (200, True, True)


async def test_one_is_dropped_and_a_second_operator_is_told(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    first, other = await add_dead_letters(client, 2)
    path = f"/dead/letter?id={first}"
    await read_until(operator.visitor, path, first)
    answer = await operator.visitor.submit(path, "/dead/drop")
    assert ("<h1>1 dropped</h1>" in answer.text, "message_id=" in answer.text) == (True, False)
    for action in ("/dead/drop", "/dead/redrive"):
        answer = await operator.visitor.send(action, id=first)
        assert (answer.status_code, "Somebody else has redriven or dropped it meanwhile" in answer.text) == (409, True)
    answer = await operator.visitor.send("/dead/edit", id=first, body="{}", why="why")
    assert answer.status_code == 409
    assert "Somebody else" in await operator.visitor.read(path, 404)
    await wait_waiting(stack.amqp_url, [other])


async def test_two_operators_at_once_redrive_each_letter_once(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    await add_dead_letters(client, 20)
    about = {"reason": "service.fault", "name": "user.create", "due": "20"}
    answers = await asyncio.gather(*(operator.visitor.send("/dead/redrive", **about) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert "<h1>20 redriven</h1>" in next(answer.text for answer in answers if answer.status_code == 200)
    await wait_waiting(stack.amqp_url, [])


async def test_one_is_sent_with_another_body(operator: SignedInOperator, client: Client, stack: Stack) -> None:
    name = f"u{uuid4().hex}"
    (id,) = await add_dead_letters(client, 1, **{"x-userbus-redacted": "password"})
    path = f"/dead/letter?id={id}"
    await read_until(operator.visitor, path, id)
    for body, why, told in (
        ('{"username": 5}', "why", "username: "),
        ('{"username": "a", "password": "(redacted)"}', "why", "write the secret in place of (redacted)"),
        (json.dumps({"username": name}), " ", "say why"),
    ):
        answer = await operator.visitor.submit(path, "/dead/edit", body=body, why=why)
        assert (answer.status_code, told in answer.text) == (400, True)
        await read_until(operator.visitor, path, id)
    answer = await operator.visitor.submit(path, "/dead/edit", body=json.dumps({"username": name}), why="no password")
    assert (answer.status_code, "1 redriven with another body" in answer.text) == (200, True)
    assert f"/console/audit?message_id={id}" in answer.text
    async with asyncio.timeout(PATIENCE):
        while (await client.call("user.get", {"username": name}))["status"] != "done":
            await asyncio.sleep(0.05)
    await wait_waiting(stack.amqp_url, [])


async def test_what_cannot_be_redriven_stays_and_is_told(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    ids = await add_dead_letters(client, 1, **{"x-userbus-redacted": "password"})
    answer = await operator.visitor.send("/dead/redrive", reason="service.fault", name="user.create", due="1")
    assert "<p>1 left: secrets were taken out" in answer.text
    answer = await operator.visitor.send("/dead/redrive")
    assert (answer.status_code, "No dead letters were named" in answer.text) == (400, True)
    answer = await operator.visitor.send("/dead/drop", reason="service.*", name="*")
    assert answer.status_code == 409  # no wildcards here
    await wait_waiting(stack.amqp_url, ids)


async def test_a_stranger_sees_and_does_nothing(stranger: Visitor, client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 1)
    for path in ("/dead", LETTERS, f"/dead/letter?id={ids[0]}"):
        await stranger.read(path, 303)
    for action in ("/dead/redrive", "/dead/drop", "/dead/edit"):
        assert (await stranger.send(action, id=ids[0])).status_code == 303
    await wait_waiting(stack.amqp_url, ids)


async def test_of_a_letter_that_is_longer_than_any_request_the_beginning_is_shown(
    operator: SignedInOperator, client: Client
) -> None:
    (letter,) = await add_dead_letters(client, 1, body={"name": "\u202e" * 300_000})
    page = await read_until(operator.visitor, f"/dead/letter?id={letter}", "of which the beginning is shown")
    assert ("/console/dead/edit" in page, len(page) < 200_000) == (False, True)
