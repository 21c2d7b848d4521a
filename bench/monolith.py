"""The monolith: FastAPI and PyMongo in one process, without a bus.

It runs in an environment of its own, made from requirements/bench.txt.
"""

import os
import sys

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from pymongo import AsyncMongoClient


class User(BaseModel):
    """A user as stored."""

    id: int
    username: str
    email: str


def main() -> None:
    """Serve GET /users/<id> from one collection."""
    app = FastAPI()
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(os.environ["USERBUS_MONGO_URL"])
    users = client.get_default_database()[os.environ["BENCH_COLLECTION"]]

    async def get_user(id: int) -> User:
        row = await users.find_one({"_id": id})
        if row is None:
            raise HTTPException(404)
        return User.model_validate({"id": id, **row})

    app.add_api_route("/users/{id}", get_user)
    port = int(sys.argv[1])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
