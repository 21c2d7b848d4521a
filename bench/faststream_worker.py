"""A FastStream worker as its documentation shows one: typed handlers, their results sent as replies."""

import os
from itertools import count

import uvloop
from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker
from pydantic import BaseModel
from pymongo import AsyncMongoClient

from bench.bare import PREFETCH

GET, CREATE = "bench.faststream.get", "bench.faststream.create"
COLLECTION = "bench_faststream"


class GetUser(BaseModel):
    """A look-up by id."""

    id: int


class NewUser(BaseModel):
    """A user to insert."""

    username: str
    email: str


class StoredUser(NewUser):
    """A user with its id."""

    id: int


async def main() -> None:
    """Answer until the process is ended."""
    broker = RabbitBroker(os.environ["USERBUS_AMQP_URL"], default_channel=Channel(prefetch_count=PREFETCH))
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(os.environ["USERBUS_MONGO_URL"])
    users = client.get_default_database()[COLLECTION]
    numbers = count(1)
    app = FastStream(broker)

    @broker.subscriber(GET)
    async def get_user(body: GetUser) -> StoredUser:
        row = await users.find_one({"_id": body.id})
        return StoredUser.model_validate({"id": body.id, **(row or {})})

    @broker.subscriber(CREATE)
    async def create_user(body: NewUser) -> StoredUser:
        user = StoredUser(id=next(numbers), **body.model_dump())
        await users.insert_one({"_id": user.id, **body.model_dump()})
        return user

    app.after_startup(lambda: print("bench ready", flush=True))
    await app.run()


if __name__ == "__main__":
    uvloop.run(main())
