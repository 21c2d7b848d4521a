"""The files of a dump: those of mongodump, and a manifest that is written last."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import bson
from bson import CodecOptions, json_util
from bson.raw_bson import RawBSONDocument

MANIFEST = "userbus.json"
FORMAT = 1
AGAIN = "copy the dump again, or take another"
RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)


class BackupFailed(Exception):
    """A dump could not be made or put back; the text says why and what to do."""


@dataclass(frozen=True)
class DumpedCollection:
    """A collection of a dump: how many documents its file holds, and the SHA-256 of the file."""

    documents: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a dump holds: when it was made, by which release, and what its keys have made of known texts."""

    made_at: str
    release: str
    key_digest: str
    encrypted: str | None
    collections: dict[str, DumpedCollection]
    format: int = FORMAT


def make_folder(folder: Path) -> None:
    """Make a new folder that its owner alone may read. Raises `BackupFailed`."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupFailed(f"{folder} cannot be made: {error.strerror}; name a new folder") from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # a copy outside of the folder stays closed to others


class DocumentsFile:
    """Documents one after another as BSON, and their digest so far. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "xb", opener=_open_private)  # noqa: SIM115  closed at the exit
        self._digest = hashlib.sha256()
        self._documents = 0

    def write(self, document: RawBSONDocument) -> None:
        """Append one document."""
        self._file.write(document.raw)
        self._digest.update(document.raw)
        self._documents += 1

    def finish(self) -> DumpedCollection:
        """Make it durable; what it holds."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return DumpedCollection(self._documents, self._digest.hexdigest())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def read_documents(path: Path) -> Iterator[RawBSONDocument]:
    """Yield the documents of a file."""
    with path.open("rb") as file:
        yield from bson.decode_file_iter(file, RAW)


def write_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Write the options and indexes of a collection as mongodump does."""
    with open(path, "x", opener=_open_private) as file:
        file.write(json_util.dumps(metadata, json_options=json_util.CANONICAL_JSON_OPTIONS))


def read_indexes(path: Path) -> list[dict[str, Any]]:
    """Read the indexes of a collection from its metadata, but for that of `_id`. Raises `BackupFailed`."""
    try:
        return [index for index in json_util.loads(path.read_text())["indexes"] if index["name"] != "_id_"]
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupFailed(f"{path} is not as it was written ({error}): {AGAIN}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Say that the dump is complete."""
    partial = folder / f"{MANIFEST}.partial"
    with open(partial, "x", opener=_open_private) as file:
        json.dump(asdict(manifest), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """Read what a dump holds, and compare its files with that. Raises `BackupFailed`."""
    try:
        told = json.loads((folder / MANIFEST).read_text())
        if told["format"] != FORMAT:
            raise BackupFailed(
                f"{folder} has the format {told['format']}: restore it with the release {told['release']}"
            )
        collections = {name: DumpedCollection(**each) for name, each in told["collections"].items()}
        manifest = Manifest(**{**told, "collections": collections})
    except FileNotFoundError as error:
        raise BackupFailed(f"{folder} is no complete dump: {MANIFEST}, which is written last, is not there") from error
    except OSError as error:
        raise _unreadable(folder / MANIFEST, error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupFailed(f"{folder / MANIFEST} is not as it was written ({error}): {AGAIN}") from error
    for name, dumped in manifest.collections.items():
        _check_file(folder / f"{name}.bson", dumped)
    return manifest


def _check_file(path: Path, dumped: DumpedCollection) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
    if digest != dumped.sha256:
        raise BackupFailed(f"{path} is not the file that was written: {AGAIN}")


def _unreadable(path: Path, error: OSError) -> BackupFailed:
    return BackupFailed(f"{path} cannot be read: {error.strerror}; {AGAIN}")
