"""Users whose identifiers an earlier version stored, and workers of that version beside ours."""

from itertools import chain

import pytest
from structlog.testing import capture_logs

from models import login_migration
from models.errors.users import TelephoneTaken
from models.login_identifiers import CLASHING, LoginKeys
from models.login_migration import LoginMigration
from models.migrations import all_migrations
from models.store.client import BsonDict, Store
from models.store.conditions import fold
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import DELETED, User

KEYS = LoginKeys("86")
NUMBER = "13800001114"


async def insert(store: Store, *users: User) -> None:
    """Insert users as the version before this comparison did."""
    for user in users:
        logins: BsonDict = {"logins": sorted({fold(text) for text in user.identifiers.values()})}
        row = user.to_row() | (logins if user.status == 1 else {})
        del row["clashing"]
        await store.collection("users").insert_one(row)


async def migrate(store: Store, keys: LoginKeys = KEYS) -> LoginMigration:
    migration = LoginMigration(store, keys)
    while await migration.run_batch():
        pass
    return migration


async def form(store: Store, id: int) -> str:
    row = await store.collection("users").find_one({"_id": id})
    return str(row["login_form"])


async def find_id(dependencies: Dependencies, login: str) -> int | None:
    user = await UnitOfWork(dependencies).users.find(login=login)
    return user.id if user else None


async def test_users_are_found_by_every_spelling_afterwards(database: Store, dependencies: Dependencies) -> None:
    spellings = (NUMBER, f"+86{NUMBER}", "ＡＤＡ", "ada")
    people = (User(id=1, telephone=NUMBER), User(id=2, username="ＡＤＡ"), User(id=3, username="grace", status=DELETED))
    await insert(database, *people)
    await database.collection("users").insert_one({"_id": 4, "erased_at": people[0].created_at})
    with pytest.raises(TelephoneTaken):
        await UnitOfWork(dependencies).users.refuse_taken(User(id=9, telephone=NUMBER))
    assert [await find_id(dependencies, login) for login in spellings] == [1, None, 2, None]
    await migrate(database)
    assert [await find_id(dependencies, login) for login in spellings] == [1, 1, 2, 2]
    deleted = await UnitOfWork(dependencies).users.find_any(username="ＧＲＡＣＥ")
    assert deleted is not None
    assert deleted.id == 3
    row = await database.collection("users").find_one({"_id": 1})
    assert row["logins"] == [f"+86{NUMBER}", NUMBER]  # also as earlier workers look for it
    assert await database.collection("users").find_one({"_id": 4}) == {"_id": 4, "erased_at": people[0].created_at}


async def test_more_than_a_batch_comes_in_batches(database: Store) -> None:
    rows = [User(id=id, username=f"user{id}").to_row() | {"logins": [f"user{id}"]} for id in range(1, 1202)]
    await database.collection("users").insert_many(rows)
    migration = LoginMigration(database, KEYS)
    assert [await migration.run_batch() for _ in range(4)] == [500, 500, 201, 0]
    assert await database.collection("users").count_documents({"login_form": KEYS.form}) == 1201


async def test_who_has_the_number_of_another_is_told_and_found_as_before(
    database: Store, dependencies: Dependencies
) -> None:
    await insert(database, User(id=1, telephone=f"+86{NUMBER}"), User(id=2, telephone=NUMBER, name="Ada"))
    with capture_logs() as logs:
        await migrate(database)
    told = [entry["users"] for entry in logs if entry["event"].startswith("users have a login identifier")]
    assert told == [[2]]
    found = {login: await find_id(dependencies, login) for login in (f"+86{NUMBER}", NUMBER)}
    assert found == {f"+86{NUMBER}": 1, NUMBER: 2}
    users = UnitOfWork(dependencies).users
    user = await users.get(2)
    user.change({"name": "Ada Lovelace"})
    await users.refuse_taken(user)
    assert users.row(user)["login_form"] == CLASHING
    user.change({"telephone": f"0086{NUMBER}"})
    with pytest.raises(TelephoneTaken):
        await users.refuse_taken(user)


async def test_a_clash_that_has_gone_is_forgotten_at_the_next_start(
    database: Store, dependencies: Dependencies
) -> None:
    await insert(database, User(id=1, telephone=f"+86{NUMBER}"), User(id=2, telephone=NUMBER))
    migration = await migrate(database)
    await database.collection("users").delete_one({"_id": 1})
    await migration.run_batch()
    assert await form(database, 2) == CLASHING
    await migrate(database)
    assert await form(database, 2) == KEYS.form
    assert await find_id(dependencies, f"0086{NUMBER}") == 2


async def test_clashes_that_are_tried_again_are_not_left_to_do_meanwhile(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_migration, "BATCH", 2)  # so that ten users take several batches
    pairs = [
        (User(id=2 * n, telephone=f"+86{NUMBER[:-1]}{n}"), User(id=2 * n + 1, telephone=f"{NUMBER[:-1]}{n}"))
        for n in range(1, 6)
    ]
    await insert(database, *chain.from_iterable(pairs))
    await migrate(database)
    states = [await all_migrations(database, "86").run(1, seconds=0) for _ in range(2)]  # two commands, a batch each
    assert [(state.left, state.stuck) for state in states] == [(0, 5)] * 2
    await database.collection("users").delete_many({"_id": {"$in": [first.id for first, _ in pairs]}})
    await migrate(database)
    assert [await form(database, second.id) for _, second in pairs] == [KEYS.form] * 5


async def test_a_row_that_an_earlier_worker_writes_is_found_again(database: Store, dependencies: Dependencies) -> None:
    migration = await migrate(database)
    await insert(database, User(id=1, telephone=NUMBER))
    await migration.run_batch()
    assert await find_id(dependencies, f"+86{NUMBER}") == 1


async def test_another_country_is_another_form(database: Store) -> None:
    await insert(database, User(id=1, telephone="91234567"))
    await migrate(database)
    await migrate(database, LoginKeys("852"))
    row = await database.collection("users").find_one({"_id": 1})
    assert (row["login_form"], row["logins"]) == ("2/852", ["+85291234567", "91234567"])
