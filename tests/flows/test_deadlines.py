"""Deadlines as other clients write them: in other units, as text, by expiration."""

import asyncio
import json
import struct
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.raw import publish, short
from tests.support.stack import Stack


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


def user_body() -> bytes:
    return json.dumps({"username": name(), "name": "张三"}, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "deadline",
    [
        int(time.time()) + 60,
        time.time() + 60,
        str(int(time.time()) + 60),
        "2020-01-01T00:00:00Z",
        datetime(2020, 1, 1, tzinfo=UTC),
    ],
    ids=["seconds", "fraction", "text", "ISO 8601", "AMQP timestamp"],
)
async def test_a_deadline_years_ago_is_refused(client: Client, deadline: Any) -> None:
    problem = await client.refused("user.create", {"username": name()}, headers={"x-deadline": deadline})
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")
    assert [detail["field"] for detail in problem["details"]] == ["x-deadline"]
    assert "milliseconds" in problem["message"]


async def test_a_deadline_years_ago_that_nobody_waits_for_is_told_as_an_event(client: Client) -> None:
    events, message_id = await client.events("command.refused"), uuid4().hex
    headers = {"x-deadline": int(time.time()) + 60}
    await client.send("user.create", {"username": name()}, message_id=message_id, headers=headers)
    (event,) = await events.about(f"command/{message_id}", 1)
    assert event["data"]["problem"]["details"][0]["field"] == "x-deadline"


async def test_a_timestamp_years_ago_with_an_expiration_is_refused(client: Client) -> None:
    sent = datetime.fromtimestamp(int(time.time() / 1000), UTC)  # AMQP 1.0 milliseconds read as seconds, and back
    problem = await client.refused("user.get", {"id": 1}, timestamp=sent, expiration=60)
    assert [detail["field"] for detail in problem["details"]] == ["timestamp"]


@pytest.mark.parametrize("form", [str, lambda ms: datetime.fromtimestamp(ms / 1000, UTC).isoformat()])
async def test_a_deadline_as_text_is_read(client: Client, form: Any) -> None:
    username, late = name(), int(time.time() * 1000) - 5000
    await client.send("user.create", {"username": username}, headers={"x-deadline": form(late)})
    soon = {"x-deadline": form(late + 60_000)}
    await client.done("user.create", {"username": name()}, headers=soon)  # the late one came before
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


@pytest.mark.parametrize("factor", [1, 1000, 10**6, 10**9], ids=["s", "ms", "us", "ns"])
async def test_a_timestamp_is_read_in_whatever_unit_it_is(client: Client, stack: Stack, factor: int) -> None:
    late, soon = (struct.pack(">Q", int((time.time() + seconds) * factor)) for seconds in (-600, 0))
    around = {"expiration": short("300000"), "reply_to": short(client.replies.name)}
    username, correlation = name(), uuid4().hex
    body = json.dumps({"username": username}).encode()
    answer = client.expect(correlation)
    await publish(stack.amqp_url, b"user.create", body, message_id=short(uuid4().hex), timestamp=late, **around)
    ids = {"message_id": short(uuid4().hex), "correlation_id": short(correlation)}
    await publish(stack.amqp_url, b"user.create", user_body(), timestamp=soon, **ids, **around)
    assert (await asyncio.wait_for(answer, PATIENCE))["status"] == "done"
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


async def test_the_second_that_a_timestamp_cuts_off_is_allowed(client: Client) -> None:
    reply = None
    async with asyncio.timeout(PATIENCE):
        while reply is None:  # at most a second and a half is left: a slow machine needs more than one try
            gone = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
            with suppress(TimeoutError):
                body = {"username": name()}
                reply = await client.call("user.create", body, timestamp=gone, expiration=1.5, seconds=3)
    assert reply["status"] == "done"
