"""`python -m worker.backup dump FOLDER` and `restore FOLDER`: copy the database of the worker's settings."""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from models.backup.dump import dump
from models.backup.files import BackupFailed, Manifest
from models.backup.restore import restore
from models.secrets.keys import Keys
from models.secrets.vault import Vault
from models.store.client import Store
from worker.facts import release
from worker.settings import Settings, read_settings

SKIPPED_IDS = 1_000_000
LEFT = {
    "dump": "{}, if it is there, is no whole dump: delete it",
    "restore": "restore {} again: that tells whether a part of it is in the database already",
}


def main() -> int:
    """Dump or restore; the exit status: 0 done, 1 with a sentence on standard error, 2 wrong settings, 130 Ctrl-C."""
    given = _parser().parse_args()
    settings = read_settings()
    try:
        manifest = asyncio.run(_carry_out(given, settings))
    except BackupFailed as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"backup: interrupted; {LEFT[given.verb].format(given.folder)}", file=sys.stderr)
        return 130
    documents = sum(each.documents for each in manifest.collections.values())
    print(f"{given.verb} done: {documents} documents in {len(manifest.collections)} collections, of {manifest.made_at}")
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m worker.backup", description="Copy the database of USERBUS_MONGO_URL.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = verbs.add_parser("dump", help="write the database as it is at this moment; workers go on")
    put_back = verbs.add_parser("restore", help="put a dump into an empty database; no worker may run")
    for verb in (made, put_back):
        verb.add_argument("folder", type=Path, metavar="FOLDER")
    put_back.add_argument(
        "--skip-ids",
        type=_count,
        default=SKIPPED_IDS,
        metavar="N",
        help=f"ids go on so far above those of the dump, by default {SKIPPED_IDS}; 0 where nothing came after it",
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"not a number from 0 on: {text}")
    return int(text)


async def _carry_out(given: Namespace, settings: Settings) -> Manifest:
    keys = Keys(settings.secret_key.get_secret_value())
    vault = Vault(settings.encryption_key.get_secret_value() if settings.encryption_key else None)
    store = Store(settings.mongo_url)
    try:
        if given.verb == "dump":
            return await dump(store, given.folder, release(), keys, vault)
        return await restore(store, given.folder, keys, vault, given.skip_ids)
    finally:
        await store.close()


if __name__ == "__main__":
    sys.exit(main())
