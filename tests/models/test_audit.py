"""The pages of the audit trail read an index in its order, and no entry beyond the page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.audit import AuditConditions, find_entries
from models.store.client import BsonDict, Store
from tests.support.stores import on_one_driver

SIZE, ALL = 5, 60
START = datetime(2026, 1, 2, tzinfo=UTC)
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"since": START},
    {"since": START, "until": START + timedelta(days=1)},
    {"subject": "user/1"},
    {"actor": "user:1"},
    {"name": "user.update"},
    {"locked": True},
]


def make_entry(number: int) -> BsonDict:
    """An entry that meets every condition; each two have one time."""
    at = START + timedelta(seconds=number // 2)
    who = {"name": "user.update", "actor": "user:1", "subjects": ["user/1"]}
    return {"_id": f"{number:04}", "at": at, "locked_until": at, **who}


@on_one_driver
@pytest.mark.parametrize("given", CONDITIONS, ids=str)
async def test_each_page_reads_no_more_than_itself(database: Store, given: dict[str, Any]) -> None:
    await database.collection("journal").insert_many([make_entry(number) for number in range(ALL)])
    await database.database.command("profile", 2)
    page = await find_entries(database, AuditConditions(**given), SIZE)
    walked = [*page.items]
    while page.next:
        page = await find_entries(database, AuditConditions(**given), SIZE, page.next)
        walked += page.items
    await database.database.command("profile", 0)
    where = {"ns": f"{database.database.name}.journal", "command.find": "journal"}
    recorded: list[BsonDict] = await database.database["system.profile"].find(where).to_list(None)
    await database.database.drop_collection("system.profile")
    expected = sorted((make_entry(number) for number in range(ALL)), key=lambda row: row["_id"])
    expected.sort(key=lambda row: row["at"], reverse=True)
    assert [row["_id"] for row in walked] == [row["_id"] for row in expected]
    assert len(recorded) == ALL // SIZE
    for each in recorded:
        assert each["planSummary"].startswith("IXSCAN"), each["planSummary"]
        assert not each.get("hasSortStage"), each["planSummary"]
        assert each["keysExamined"] <= 3 * SIZE, each["planSummary"]
