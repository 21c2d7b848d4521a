"""What is read, sent and answered is what a crash of the database cannot take back, through both drivers."""

from models.store.client import BsonDict, Store
from models.store.journal import CommandContext
from models.store.outbox import Outbox
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import User
from tests.support.stores import on_mongodb


async def levels(database: Store) -> list[BsonDict]:
    """The read concerns of the reads since profiling began, which ends here."""
    await database.database.command("profile", 0)
    profile = database.database.get_collection("system.profile")
    reads: BsonDict = {"op": {"$in": ["query", "command"]}, "ns": {"$regex": "journal$|users$"}}
    found = await profile.find(reads).to_list(None)
    await profile.drop()
    return [row["command"].get("readConcern") for row in found]


@on_mongodb
async def test_only_what_is_on_disk_is_read(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit("{}", [])
    await database.database.command("profile", 2)
    await dependencies.journal.find_reply(context)
    await Outbox(database).find_pending(10)
    async with UnitOfWork(dependencies) as query:
        await query.users.get(1)
    await database.aggregate("users", [{"$match": {"_id": 1}}])
    assert [found and found.get("level") for found in await levels(database)] == ["majority"] * 4
