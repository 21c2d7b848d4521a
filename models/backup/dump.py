"""Write all collections as they were at one moment, while workers go on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from models.backup.files import (
    RAW,
    BackupFailed,
    DocumentsFile,
    DumpedCollection,
    Manifest,
    make_folder,
    write_manifest,
    write_metadata,
)
from models.secrets.keys import Keys
from models.secrets.vault import Vault
from models.store.client import Store

LEFT_OUT = ("leases",)  # who does something now
OF_MONGODB = "system."  # its own, such as the profiler's: no snapshot holds it, and nobody may write it
GONE = (239, 246)  # SnapshotTooOld, SnapshotUnavailable
KNOWN = "userbus backup"
Listed = Mapping[str, Mapping[str, Any]]  # what MongoDB tells of each collection


async def dump(store: Store, folder: Path, release: str, keys: Keys, vault: Vault) -> Manifest:
    """Write the whole database to a new folder that its owner alone may read; what it holds.

    All collections are as they were at one moment, which must not be longer ago than MongoDB keeps old versions, five
    minutes by default. The keys are not written, but what they make of a known text. Raises `BackupFailed`.
    """
    try:
        found = await _find_collections(store)
        make_folder(folder)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        collections = await _write_collections(store, folder, found)
        sealed = vault.seal([KNOWN])[0] if vault.has_key else None
        manifest = Manifest(made_at, release, keys.digest(KNOWN.encode()), sealed, collections)
        write_manifest(folder, manifest)
    except OperationFailure as error:
        raise BackupFailed(_explain(error)) from error
    except PyMongoError as error:
        raise BackupFailed(f"the database does not answer: {error}") from error
    except OSError as error:
        raise BackupFailed(
            f"{folder} cannot be written: {error.strerror}; delete it, and dump to where there is room"
        ) from error
    return manifest


def _explain(error: OperationFailure) -> str:
    if error.code in GONE:
        return (
            "MongoDB no longer has the moment at which the dump began: let it keep more, "
            "setParameter minSnapshotHistoryWindowInSeconds, or take snapshots of its volumes"
        )
    return f"the database refuses: {error.details or error}"


async def _find_collections(store: Store) -> Listed:
    listed = await (await store.database.list_collections()).to_list(None)
    return {each["name"]: each for each in listed if each["type"] == "collection" and _is_dumped(each["name"])}


def _is_dumped(name: str) -> bool:
    return name not in LEFT_OUT and not name.startswith(OF_MONGODB)


async def _write_collections(store: Store, folder: Path, found: Listed) -> dict[str, DumpedCollection]:
    for name, about in found.items():
        write_metadata(folder / f"{name}.metadata.json", await _describe(store, name, about))
    # one session, since its first read sets the moment that all others see
    async with store.client.start_session(snapshot=True) as session:
        return {name: await _write_collection(store, folder, name, session) for name in sorted(found)}


async def _describe(store: Store, name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    indexes = await (await store.database[name].list_indexes()).to_list(None)
    uuid = about["info"]["uuid"].hex() if "uuid" in about["info"] else ""
    return {
        "options": about["options"],
        "indexes": indexes,
        "uuid": uuid,
        "collectionName": name,
        "type": "collection",
    }


async def _write_collection(store: Store, folder: Path, name: str, session: Any) -> DumpedCollection:
    with DocumentsFile(folder / f"{name}.bson") as file:
        async for document in store.database.get_collection(name, codec_options=RAW).find(session=session):
            file.write(document)
        return file.finish()
