"""Put a dump back into an empty database."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from models.backup.dump import KNOWN, OF_MONGODB
from models.backup.files import BackupFailed, Manifest, read_documents, read_indexes, read_manifest
from models.errors.accounts import NoKey
from models.secrets.keys import Keys
from models.secrets.vault import Vault
from models.store.client import Store
from models.store.counters import LAST_ID

BATCH = 1000


async def restore(store: Store, folder: Path, keys: Keys, vault: Vault, skipped_ids: int) -> Manifest:
    """Put a dump into an empty database in which no worker runs; what it holds.

    The next ids are `skipped_ids` above those of the dump, as others may know users who came after it. Files and keys
    are checked before anything is written. Raises `BackupFailed`.
    """
    manifest = read_manifest(folder)
    indexes = {name: read_indexes(folder / f"{name}.metadata.json") for name in manifest.collections}
    _check_keys(manifest, keys, vault)
    try:
        await _require_empty(store)
        for name in manifest.collections:
            await _restore_collection(store, folder, name, indexes[name])
        await _skip_ids(store, skipped_ids)
    except OperationFailure as error:
        raise BackupFailed(f"the database refuses: {error.details or error}") from error
    except PyMongoError as error:
        raise BackupFailed(f"the database does not answer: {error}") from error
    return manifest


def _check_keys(manifest: Manifest, keys: Keys, vault: Vault) -> None:
    if (manifest.key_digest,) not in keys.digest_pairs(KNOWN.encode()):
        raise BackupFailed(
            "the dump was made with another USERBUS_SECRET_KEY: set that one, or `new,old` where it was replaced since"
        )
    try:
        vault.reseal([manifest.encrypted] if manifest.encrypted else [])
    except NoKey as error:
        if manifest.encrypted:
            raise BackupFailed(
                "the dump was made with another USERBUS_ENCRYPTION_KEY: set that one, or `new,old` if it was replaced"
            ) from error


async def _require_empty(store: Store) -> None:
    for name in sorted(await store.database.list_collection_names()):
        if not name.startswith(OF_MONGODB) and await store.database[name].find_one({}, {"_id": 1}):
            raise BackupFailed(
                f"the database {store.database.name} is not empty ({name}): stop all workers, and name another one in "
                "USERBUS_MONGO_URL or drop this one"
            )


async def _restore_collection(store: Store, folder: Path, name: str, indexes: list[dict[str, Any]]) -> None:
    await store.ensure_collection(name)
    if indexes:
        await store.database.command("createIndexes", name, indexes=indexes)
    for batch in _batches(read_documents(folder / f"{name}.bson")):
        await store.collection(name).insert_many(batch, ordered=False)


def _batches(documents: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the documents in lists; the driver cuts those that are too long for one message."""
    rest = iter(documents)
    while batch := [*islice(rest, BATCH)]:
        yield batch


async def _skip_ids(store: Store, count: int) -> None:
    later = {"$min": [{"$add": ["$last", count]}, LAST_ID]}
    await store.collection("counters").update_many({}, [{"$set": {"last": later}}])
