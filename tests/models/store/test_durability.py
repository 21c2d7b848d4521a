"""What is read, sent and answered is what a crash of the database cannot take back, through both drivers."""

from models.journal import Caller
from models.outbox import Outbox
from models.store import Row, Store
from models.unit import Shared, Unit
from models.users import User


async def levels(database: Store) -> list[Row]:
    """The read concerns of the reads since profiling began, which ends here."""
    await database.database.command("profile", 0)
    profile = database.database.get_collection("system.profile")
    reads: Row = {"op": {"$in": ["query", "command"]}, "ns": {"$regex": "journal$|users$"}}
    found = await profile.find(reads).to_list(None)
    await profile.drop()
    return [row["command"].get("readConcern") for row in found]


async def test_only_what_is_on_disk_is_read(shared: Shared, database: Store, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit("{}", [])
    await database.database.command("profile", 2)
    await shared.journal.reply(caller)
    await Outbox(database).pending(10)
    async with Unit(shared) as query:
        await query.users.get(1)
    await database.aggregate("users", [{"$match": {"_id": 1}}])
    assert [found and found.get("level") for found in await levels(database)] == ["majority"] * 4
