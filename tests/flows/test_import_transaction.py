"""What the transaction of an import holds, as MongoDB's profiler saw it."""

from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.stack import Stack


async def test_the_transaction_of_an_import_has_nothing_but_its_writes(client: Client, stack: Stack) -> None:
    database = stack.worker.dependencies.store.database
    users = [
        {"username": f"row_{uuid4().hex[:10]}", "email": f"{number}@{uuid4().hex}.example"} for number in range(600)
    ]
    await database.command("profile", 2)
    assert (await client.done("user.import", {"users": users}))["created"] == 600
    await database.command("profile", 0)
    profile = database.get_collection("system.profile")
    done = await profile.find({"command.autocommit": False}).sort("ts", 1).to_list(None)
    await profile.drop()
    ours = [row for row in done if row["command"].get("insert") == "users"]
    assert sum(row["ninserted"] for row in ours) >= 600  # more where it ran again
    transactions = {_transaction(row) for row in ours}
    assert "query" not in {row["op"] for row in done if _transaction(row) in transactions}


def _transaction(row: dict[str, Any]) -> tuple[str, int]:
    return str(row["command"]["lsid"]), row["command"]["txnNumber"]
