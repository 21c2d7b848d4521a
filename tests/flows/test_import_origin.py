"""user.import end to end: who people were in their former system."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"username": f"row_{uuid4().hex}", **fields} for _ in range(count)]


async def failures(client: Client, users: list[Any]) -> dict[int, str]:
    outcome = await client.done("user.import", {"users": users})
    assert outcome["created"] + len(outcome["failed"]) == len(users)
    return {row["index"]: row["problem"]["code"] for row in outcome["failed"]}


async def test_who_they_were_is_kept(client: Client) -> None:
    (row,) = rows(1, uuid=str(uuid4()), external_id=uuid4().hex, disabled=1, email_verified=1)
    assert await failures(client, [row | {"created_at": "2011-02-03T04:05:06.789123+08:00"}]) == {}
    user = await client.done("user.get", {"uuid": row["uuid"]})
    assert row.items() <= user.items()
    assert user["created_at"] == "2011-02-02T20:05:06.789Z"


async def test_a_taken_uuid_fails_its_row(client: Client) -> None:
    taken, twice = str(uuid4()), str(uuid4())
    assert await failures(client, rows(1, uuid=taken)) == {}
    assert await failures(client, rows(1, uuid=taken.upper())) == {0: "user.uuid_taken"}
    assert await failures(client, rows(2, uuid=twice)) == {1: "user.uuid_taken"}


async def test_a_taken_external_id_fails_its_row(client: Client) -> None:
    taken, twice = uuid4().hex, uuid4().hex
    assert await failures(client, rows(1, external_id=taken)) == {}
    assert await failures(client, rows(1, external_id=taken)) == {0: "user.external_id_taken"}
    assert await failures(client, rows(2, external_id=twice)) == {1: "user.external_id_taken"}


@pytest.mark.parametrize("moment", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2011-02-03T04:05:06", 1e300])
async def test_an_impossible_time_fails_its_row(client: Client, moment: Any) -> None:
    assert await failures(client, rows(1, created_at=moment)) == {0: "message.invalid"}


async def test_an_id_of_53_bits_is_kept_and_moves_no_counter(client: Client) -> None:
    largest = 2**53 - 1
    await client.call("user.delete", {"id": largest})
    assert await failures(client, [*rows(1, id=largest), *rows(1, id=largest + 1)]) == {1: "message.invalid"}
    assert (await client.done("user.get", {"id": largest}))["id"] == largest
    assert (await client.done("user.create", {"username": f"next_{uuid4().hex}"}))["id"] < 2**31
    await client.done("user.delete", {"id": largest})
