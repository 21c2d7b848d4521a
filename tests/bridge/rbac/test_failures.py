"""What rbac says when something behind it says no or nothing, over a scripted worker; and who may not be deleted."""

import httpx
import pytest

from tests.bridge.conftest import Served
from tests.bridge.rbac import NOBODY, data, new, refused
from tests.bridge.responder import USER, done, failed
from tests.client import Client

TAKEN = [
    *((f"user.{field}_taken", "email already exists") for field in ("username", "email", "telephone")),
    ("user.id_taken", "id already exists"),
    ("group.id_taken", "id already exists"),
    ("role.id_taken", "id already exists"),
    *((f"{noun}.code_taken", "code already exists") for noun in ("app", "group", "role", "resource", "resource_type")),
    ("user.root_protected", "root user cannot be deleted"),
    ("role.admin_protected", "administrator role cannot be changed"),
]


@pytest.mark.parametrize(("code", "message"), TAKEN)
async def test_a_conflict_has_its_own_text(served: Served, code: str, message: str) -> None:
    served.worker.says("user.create", failed(code))
    await refused(await served.client.post("/api/user", json=new("user")), 409, message)


@pytest.mark.parametrize("noun", ["user", "app", "group", "role", "resource", "resource_type"])
async def test_what_is_missing_is_named(served: Served, noun: str) -> None:
    served.worker.says("group.join", failed(f"{noun}.not_found", "not_found"))
    message = f"{noun.replace('_', ' ')} not found"
    await refused(await served.client.post("/api/user/1/group", json=[1]), 404, message)


TROUBLE = [
    (failed("store.down", "unavailable"), 503, "service unavailable"),
    (failed("hash.busy", "throttled", {"retry_after": 7}), 503, "service unavailable"),
    (failed("worker.fault", "internal"), 500, "internal error"),
    (failed("never.heard_of"), 500, "internal error"),
    (b"garbage", 500, "internal error"),
    (done({}), 500, "internal error"),
    (failed("message.id_reused"), 400, "invalid value for Idempotency-Key"),
    (failed("message.too_large", "invalid"), 413, "request body too large"),
    (None, 504, "service timeout"),
]


@pytest.mark.parametrize(("reply", "status", "message"), TROUBLE)
async def test_trouble_has_the_dialects_shape(served: Served, reply: bytes | None, status: int, message: str) -> None:
    for name in ("user.update", "user.get"):
        served.worker.says(name, reply)
    for method in ("PUT", "GET"):
        answer = await served.client.request(method, "/api/user/42", json={})
        await refused(answer, status, message)
        assert ("retry-after" in answer.headers) == (status == 503)


async def test_one_call_is_one_message(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    await data(await served.client.get("/api/user/42"))
    served.worker.says("group.leave", done({"ids": []}))
    await served.client.delete("/api/user/42/group")
    await served.client.delete("/api/user/42/group", params={"ids": "1,2"})
    assert served.worker.bodies() == [
        {"id": 42},
        {"user_id": 42, "group_ids": None},
        {"user_id": 42, "group_ids": [1, 2]},
    ]
    assert {message.headers["x-actor"] for message in served.worker.seen} == {"token:billing"}


async def test_31_bits_are_all_allowed_for_a_chosen_id(served: Served) -> None:
    served.worker.says("user.create", failed("user.id_taken"))
    await refused(await served.client.post(f"/api/user/{2**31 - 1}", json=new("user")), 409, "id already exists")
    assert served.worker.bodies()[0]["id"] == 2**31 - 1


async def test_a_root_user_is_not_deleted(http: httpx.AsyncClient, client: Client) -> None:
    user = await client.done("user.create", {**new("user"), "root": 1})
    await refused(await http.delete(f"/api/user/{user['id']}"), 409, "root user cannot be deleted")
    assert await data(await http.put(f"/api/user/{user['id']}", json={"name": "other"})) == [1]
    await refused(await http.delete(f"/api/user/{NOBODY}"), 404, "user not found")
