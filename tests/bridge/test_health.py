"""The bridge's own pages."""

import asyncio

import pytest

from contracts.catalog import FAMILIES
from tests.bridge.conftest import Served
from tests.bridge.responder import done, failed


def healthy(served: Served, *, database: bool = True) -> None:
    for family in FAMILIES:
        served.worker.says(f"health.{family}", done({"worker": "w1", "database": database}))


async def test_live_while_it_serves(served: Served) -> None:
    answer = await served.client.get("/health/live", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_ready_with_a_worker_and_its_database_for_every_family(served: Served) -> None:
    healthy(served)
    answer = await served.client.get("/health/ready", headers={"Authorization": ""})
    parts = {"broker": "ok", **dict.fromkeys(FAMILIES, "ok")}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "missing": [], "parts": parts})


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (None, "no worker"),
        (done({"worker": "w1", "database": False}), "no database"),
        (failed("store.down", "unavailable"), "store.down"),
        (b"garbage", "reply.undecodable"),
    ],
)
async def test_not_ready_names_what_is_missing(served: Served, reply: bytes | None, state: str) -> None:
    healthy(served)
    served.worker.says("health.sms", reply)
    answer = await served.client.get("/health/ready")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (answer.json()["missing"], answer.json()["parts"]["sms"]) == (["sms"], state)


async def test_many_who_ask_at_once_cost_one_probe_a_family(served: Served) -> None:
    healthy(served)
    answers = await asyncio.gather(*(served.client.get("/health/ready") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(served.worker.seen) == len(FAMILIES)


async def test_another_verb_is_refused(served: Served) -> None:
    answer = await served.client.post("/health/live")
    assert (answer.status_code, answer.json()) == (405, {"message": "method not allowed"})
