"""What MongoDB's users may do, on a real server with access control as in compose.yaml."""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from devstack.errors import StackError
from devstack.local import LocalServer
from devstack.mongo_users import ADMIN, DATABASE, WORKER, ensure_users
from devstack.mongodb import ensure_mongod, local_mongod
from devstack.ports import HOST, free_port
from models.errors.base import StoreUnavailable
from models.seeds import prepare
from models.store.client import Store
from models.store.driver_errors import translate_unreachable

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A new replica set with a key file; the first test finds no user yet."""
    home = tmp_path_factory.mktemp("mongo")
    key, port = home / "key", free_port()
    key.touch(mode=0o600)
    key.write_text(base64.b64encode(os.urandom(512)).decode())
    spec = local_mongod(ensure_mongod(lambda _: None), home, port).spec
    server = LocalServer(replace(spec, argv=(*spec.argv, "--keyFile", str(key))))
    try:
        server.start()
        yield port
    finally:
        server.close()


def open_client(port: int, login: str = "") -> Client:
    return MongoClient(f"mongodb://{login}{HOST}:{port}/{DATABASE if WORKER in login else ''}", directConnection=True)


async def test_a_worker_may_do_all_it_needs(port: int) -> None:
    ensure_users(port, "one", "two")
    store = Store(f"mongodb://{WORKER}:two@{HOST}:{port}/{DATABASE}?directConnection=true")
    await prepare(store)
    assert await store.collection("roles").count_documents({}) > 0
    await store.check_availability()
    assert store.availability.answer == "primary"
    await store.close()


FORBIDDEN: dict[str, Callable[[Client], object]] = {
    "read another database": lambda client: client["other"]["rows"].find_one(),
    "write another database": lambda client: client["other"]["rows"].insert_one({}),
    "read the oplog": lambda client: client["local"]["oplog.rs"].find_one(),
    "make a user": lambda client: client[DATABASE].command("createUser", "mine", pwd="mine", roles=["readWrite"]),
    "see the users": lambda client: client["admin"].command("usersInfo"),
    "stop the server": lambda client: client["admin"].command("shutdown"),
}


def test_a_worker_may_do_no_more_and_anyone_else_nothing(port: int) -> None:
    ensure_users(port, "one", "two")
    everything = {**FORBIDDEN, "read its database": lambda client: client[DATABASE]["users"].find_one()}
    for login, attempts in ((f"{WORKER}:two@", FORBIDDEN), ("", everything)):
        with open_client(port, login) as client:
            for name, attempt in attempts.items():
                with pytest.raises(OperationFailure) as caught:
                    attempt(client)
                assert caught.value.code == 13, name


def test_it_is_idempotent_and_can_give_the_worker_a_new_password(port: int) -> None:
    ensure_users(port, "one", "two")
    ensure_users(port, "one", "three")
    with open_client(port, f"{WORKER}:three@") as client:
        assert client[DATABASE]["users"].find_one() is None
    with open_client(port, f"{WORKER}:two@") as client, pytest.raises(OperationFailure):
        client[DATABASE]["users"].find_one()


def test_users_of_other_secrets_are_left_alone(port: int) -> None:
    ensure_users(port, "one", "two")
    with pytest.raises(StackError, match="other volumes"):
        ensure_users(port, "another", "two")
    with open_client(port, f"{ADMIN}:one@") as client:
        assert len(client["admin"].command("usersInfo", {"forAllDBs": True})["users"]) == 2


async def test_a_worker_with_a_wrong_password_waits_for_a_better_one(port: int) -> None:
    ensure_users(port, "one", "two")
    store = Store(f"mongodb://{WORKER}:wrong@{HOST}:{port}/{DATABASE}?directConnection=true")
    with pytest.raises(StoreUnavailable, match="user and password"), translate_unreachable():
        await prepare(store)
    await store.close()
