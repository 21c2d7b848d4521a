"""Dumps that must not be put back, or cannot: each is refused before anything is written."""

import json
import os
import resource
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from devstack.ports import free_port
from devstack.servers import RunningServers
from models.backup.dump import dump
from models.backup.files import MANIFEST, BackupFailed
from models.backup.restore import restore
from models.secrets.keys import Keys
from models.secrets.vault import Vault
from models.store.client import Store
from models.store.counters import LAST_ID
from tests.support.stack import ENCRYPTION_KEY, SECRET, fresh_database
from tests.support.stores import open_store

KEYS, VAULT = Keys(SECRET), Vault(ENCRYPTION_KEY)
OTHER = "another secret key that is long enough too"


@pytest.fixture
async def source(running: RunningServers) -> AsyncIterator[Store]:
    """A database with two users."""
    async for store in open_fresh(running):
        await store.collection("users").insert_many([{"_id": 1, "username": "ada"}, {"_id": 2, "username": "lin"}])
        await store.collection("counters").insert_many([{"_id": "users", "last": 2}, {"_id": "roles", "last": LAST_ID}])
        await store.collection("leases").insert_one({"_id": "relay", "owner": "somebody"})
        await store.collection("users").create_index("username", unique=True)
        yield store


@pytest.fixture
async def target(running: RunningServers) -> AsyncIterator[Store]:
    """A database that holds nothing."""
    async for store in open_fresh(running):
        yield store


async def open_fresh(running: RunningServers) -> AsyncIterator[Store]:
    async with open_store(fresh_database(running.mongo_url)) as store:
        yield store
        await store.client.drop_database(store.database.name)


@pytest.fixture
async def folder(source: Store, tmp_path: Path) -> Path:
    """A dump."""
    await dump(source, tmp_path / "dump", "1.0", KEYS, VAULT)
    return tmp_path / "dump"


async def test_a_dump_is_put_back_with_its_indexes_and_ids_go_on_above_it(folder: Path, target: Store) -> None:
    assert os.stat(folder).st_mode & 0o077 == 0
    await restore(target, folder, KEYS, VAULT, 1000)
    rows = await target.collection("users").find().sort("_id").to_list(None)
    assert rows == [{"_id": 1, "username": "ada"}, {"_id": 2, "username": "lin"}]
    assert (await target.collection("users").index_information())["username_1"]["unique"] is True
    assert await target.collection("counters").find().sort("_id").to_list(None) == [
        {"_id": "roles", "last": LAST_ID},
        {"_id": "users", "last": 1002},
    ]
    assert "leases" not in await target.database.list_collection_names()


async def test_no_file_of_a_dump_is_for_others_even_outside_of_its_folder(source: Store, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await dump(source, tmp_path / "dump", "1.0", KEYS, VAULT)
    finally:
        os.umask(before)
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "dump").iterdir()}
    assert {MANIFEST, "users.bson", "users.metadata.json"} <= modes.keys()
    assert set(modes.values()) == {"0o600"}, modes


async def test_keys_that_were_replaced_since_are_accepted_beside_the_newest(folder: Path, target: Store) -> None:
    vault = Vault(f"{Fernet.generate_key().decode()},{ENCRYPTION_KEY}")
    manifest = await restore(target, folder, Keys(f"{OTHER},{SECRET}"), vault, 0)
    assert manifest.collections["users"].documents == 2


@pytest.mark.parametrize(
    ("keys", "vault", "named"),
    [
        (Keys(OTHER), VAULT, "USERBUS_SECRET_KEY"),
        (KEYS, Vault(Fernet.generate_key().decode()), "USERBUS_ENCRYPTION_KEY"),
        (KEYS, Vault(None), "USERBUS_ENCRYPTION_KEY"),
    ],
)
async def test_other_keys_are_refused(folder: Path, target: Store, keys: Keys, vault: Vault, named: str) -> None:
    with pytest.raises(BackupFailed, match=f"made with another {named}"):
        await restore(target, folder, keys, vault, 0)
    assert await target.database.list_collection_names() == []


async def test_a_database_that_holds_something_is_refused(folder: Path, source: Store) -> None:
    with pytest.raises(BackupFailed, match=f"{source.database.name} is not empty .counters.: stop all workers"):
        await restore(source, folder, KEYS, VAULT, 0)


def cut(folder: Path) -> None:
    (folder / "users.bson").write_bytes((folder / "users.bson").read_bytes()[:-1])


def lose_a_file(folder: Path) -> None:
    (folder / "users.bson").unlink()


def lose_the_metadata(folder: Path) -> None:
    (folder / "users.metadata.json").unlink()


def cut_the_metadata(folder: Path) -> None:
    (folder / "users.metadata.json").write_text('{"indexes": [')


def lose_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def spoil_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{}")


def list_no_collections(folder: Path) -> None:
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, "collections": ["users"]}))


def write_as_a_later_release(folder: Path) -> None:
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, "format": 2, "release": "9.0"}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "users.bson is not the file that was written"),
        (lose_a_file, "users.bson cannot be read: No such file"),
        (lose_the_metadata, "users.metadata.json cannot be read: No such file"),
        (cut_the_metadata, "users.metadata.json is not as it was written"),
        (lose_the_manifest, "is no complete dump"),
        (spoil_the_manifest, "is not as it was written"),
        (list_no_collections, "is not as it was written"),
        (write_as_a_later_release, "format 2: restore it with the release 9.0"),
    ],
)
async def test_a_dump_that_is_not_whole_is_refused(
    folder: Path, target: Store, harm: Callable[[Path], None], words: str
) -> None:
    harm(folder)
    with pytest.raises(BackupFailed, match=words):
        await restore(target, folder, KEYS, VAULT, 0)
    assert await target.database.list_collection_names() == []


async def test_a_folder_that_is_there_is_not_written_to(folder: Path, source: Store) -> None:
    with pytest.raises(BackupFailed, match="name a new folder"):
        await dump(source, folder, "1.0", KEYS, VAULT)


async def test_a_dump_that_does_not_fit_the_disk_says_so(source: Store, tmp_path: Path) -> None:
    await source.collection("users").insert_one({"_id": 3, "username": "x" * 200_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(BackupFailed, match="dump cannot be written: File too large; delete it"):
            await dump(source, tmp_path / "dump", "1.0", KEYS, VAULT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_what_mongodb_keeps_of_its_own_is_no_part_of_a_dump(source: Store, target: Store, tmp_path: Path) -> None:
    for store in (source, target):
        await store.database.command("profile", 2)  # as whoever looks for slow queries has it
        await store.database["users"].find_one({"username": "ada"})
        assert await store.database["system.profile"].count_documents({}) > 0
    await dump(source, tmp_path / "dump", "1.0", KEYS, VAULT)
    manifest = await restore(target, tmp_path / "dump", KEYS, VAULT, 0)
    assert manifest.collections.keys() == {"counters", "users"}
    for store in (source, target):
        await store.database.command("profile", 0)


async def test_without_a_database_nothing_is_written(tmp_path: Path) -> None:
    store = Store(f"mongodb://127.0.0.1:{free_port()}/userbus?serverSelectionTimeoutMS=100", timeout=0.5)
    with pytest.raises(BackupFailed, match="the database does not answer"):
        await dump(store, tmp_path / "dump", "1.0", KEYS, VAULT)
    assert os.listdir(tmp_path) == []
    await store.close()
