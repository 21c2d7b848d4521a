"""The search among dead letters in the console, and the log of what was done to them."""

import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Forms
from tests.support.dead_letters import add_dead_letters, read_waiting_ids
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")
AT = "x-userbus-at"
CASES = [
    ({"text": "KABOOM"}, "text"),
    ({"reason": "store.unavailable"}, "reason"),
    ({"name": "user.update"}, "name"),
    ({"caller": "bill*ing"}, "caller"),
    ({"until": "2020-01-02T00:00"}, "old"),
    ({"since": "2026-01-01T00:00", "until": "2026-01-02T00:00", "text": "new"}, "new"),
]


async def add_every_kind(client: Client) -> dict[str, str]:
    """Add a dead letter for each condition; their ids by what is special."""
    ids = {
        "text": await add_dead_letters(client, 1, **{"x-userbus-text": "it went Kaboom"}),
        "reason": await add_dead_letters(client, 1, **{"x-userbus-code": "store.unavailable"}),
        "name": await add_dead_letters(client, 1, "user.update"),
        "caller": await add_dead_letters(client, 1, app_id="bill*ing"),
        "old": await add_dead_letters(client, 1, **{AT: "2020-01-01T00:00:00+00:00"}),
        "new": await add_dead_letters(client, 1, **{AT: "2026-01-01T08:00:00+00:00", "x-userbus-text": "new"}),
    }
    return {kind: id for kind, (id,) in ids.items()}


async def test_they_are_found_and_dropped_by_each_condition(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    ids = await add_every_kind(client)
    for asked, kind in CASES:
        page = await operator.visitor.read(f"/dead?{urlencode(asked)}")
        assert "<p>1 message with which" in page, kind
        assert urlencode(asked).replace("&", "&amp;").split("&amp;")[0] in page, kind
        path = f"/dead/letters?{urlencode(asked)}"
        found = await operator.visitor.read(path)
        assert [each for each in ids.values() if each in found] == [ids[kind]], kind
    answer = await operator.visitor.submit(path, "/dead/drop")
    assert "<h1>1 dropped</h1>" in answer.text
    assert await read_waiting_ids(stack.amqp_url) == [id for kind, id in ids.items() if kind != "new"]
    assert "None of the 5 dead letters is like that." in await operator.visitor.read("/dead?text=nowhere")


async def test_what_was_searched_for_is_dropped_whatever_its_letters(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    text = "خانه\u200cها"  # with a joiner, a format character
    await add_dead_letters(client, 1, **{"x-userbus-text": text})
    answer = await operator.visitor.submit(f"/dead/letters?{urlencode({'text': text})}", "/dead/drop")
    assert "<h1>1 dropped</h1>" in answer.text
    assert await read_waiting_ids(stack.amqp_url) == []


async def test_a_time_that_is_none_selects_nothing(operator: SignedInOperator, client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 1)
    assert "since" in await operator.visitor.read("/dead/letters?since=yesterday", 400)
    answer = await operator.visitor.send("/dead/drop", reason="service.fault", until="yesterday")
    assert answer.status_code == 400
    assert await read_waiting_ids(stack.amqp_url) == ids


async def test_the_log_tells_who_changed_which_fields_and_why(
    operator: SignedInOperator, client: Client, stack: Stack
) -> None:
    (id,) = await add_dead_letters(client, 1, **{"x-userbus-redacted": "password"})
    form = Forms(await operator.visitor.read(f"/dead/letter?id={id}")).found["/console/dead/edit"]
    body = json.dumps({"username": f"u{uuid4().hex}", "password": "correct horse battery"})
    await operator.visitor.send("/dead/edit", **{**form, "body": body, "why": "<i>taken out</i>"})
    page = await operator.visitor.read("/dead/log")
    row = page[page.index('data-label="Time"') : page.index("</tr>", page.index('data-label="Time"'))]
    assert "redrive edited" in row
    assert "password, username" in row
    assert "&lt;i&gt;taken out" in row
    assert (operator.actor in row, f"message_id={id}" in row, "horse" in page) == (True, True, False)
