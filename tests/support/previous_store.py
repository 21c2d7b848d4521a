"""What workers of the previous release have stored, as `make_store` wrote it, put into a database of a test."""

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import json_util
from bson.json_util import JSONOptions
from pymongo import AsyncMongoClient

from tests.support.make_store import SAMPLE

OPTIONS = JSONOptions(tz_aware=True, tzinfo=UTC)


def read_sample() -> dict[str, Any]:
    """The sample: `known` is what its users know, `collections` holds the documents."""
    sample: dict[str, Any] = json_util.loads(gzip.decompress(SAMPLE.read_bytes()), json_options=OPTIONS)
    return sample


async def restore(mongo_url: str, sample: dict[str, Any]) -> None:
    """Insert the documents as if they had been written just now: sessions and locks are as old as they were.

    The lease is left out by which `make_store` kept the last events unsent.
    """
    age = datetime.now(UTC) - sample["made_at"]
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        database = client.get_default_database()
        for name, rows in sample["collections"].items():
            collection = await database.create_collection(name)
            if rows and name != "leases":
                await collection.insert_many(_shift(rows, age))


def _shift(value: Any, age: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + age
    if isinstance(value, dict):
        return {name: _shift(part, age) for name, part in value.items()}
    return [_shift(part, age) for part in value] if isinstance(value, list) else value
