"""Failures behind rbac with a scripted worker, and the root user who cannot be deleted."""

import httpx
import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.client import Client
from tests.support.rbac import NOBODY, assert_refused, new_entity, success_data
from tests.support.scripted_worker import USER, done_reply, failed_reply

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
async def test_a_conflict_has_its_own_text(bridge: RunningBridge, code: str, message: str) -> None:
    bridge.worker.set_reply("user.create", failed_reply(code))
    assert_refused(await bridge.client.post("/api/user", json=new_entity("user")), 409, message)


@pytest.mark.parametrize("noun", ["user", "app", "group", "role", "resource", "resource_type"])
async def test_what_is_missing_is_named(bridge: RunningBridge, noun: str) -> None:
    bridge.worker.set_reply("group.join", failed_reply(f"{noun}.not_found", "not_found"))
    message = f"{noun.replace('_', ' ')} not found"
    assert_refused(await bridge.client.post("/api/user/1/group", json=[1]), 404, message)


TROUBLE = [
    (failed_reply("store.down", "unavailable"), 503, "service unavailable"),
    (failed_reply("hash.busy", "throttled", {"retry_after": 7}), 503, "service unavailable"),
    (failed_reply("worker.fault", "internal"), 500, "internal error"),
    (failed_reply("never.heard_of"), 500, "internal error"),
    (b"garbage", 500, "internal error"),
    (done_reply({}), 500, "internal error"),
    (failed_reply("message.id_reused"), 400, "invalid value for Idempotency-Key"),
    (failed_reply("message.too_large", "invalid"), 413, "request body too large"),
    (None, 504, "service timeout"),
]


@pytest.mark.parametrize(("reply", "status", "message"), TROUBLE)
async def test_failures_behind_the_bridge_have_the_dialects_shape(
    bridge: RunningBridge, impatient_bridge: RunningBridge, reply: bytes | None, status: int, message: str
) -> None:
    target = impatient_bridge if reply is None else bridge
    for name in ("user.update", "user.get"):
        target.worker.set_reply(name, reply)
    for method in ("PUT", "GET"):
        answer = await target.client.request(method, "/api/user/42", json={})
        assert_refused(answer, status, message)
        assert ("retry-after" in answer.headers) == (status == 503)


async def test_one_call_is_one_message(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    success_data(await bridge.client.get("/api/user/42"))
    bridge.worker.set_reply("group.leave", done_reply({"ids": []}))
    await bridge.client.delete("/api/user/42/group")
    await bridge.client.delete("/api/user/42/group", params={"ids": "1,2"})
    assert bridge.worker.bodies() == [
        {"id": 42},
        {"user_id": 42, "group_ids": None},
        {"user_id": 42, "group_ids": [1, 2]},
    ]
    assert {message.headers["x-actor"] for message in bridge.worker.requests} == {"token:1"}


async def test_31_bits_are_all_allowed_for_a_chosen_id(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.create", failed_reply("user.id_taken"))
    assert_refused(
        await bridge.client.post(f"/api/user/{2**31 - 1}", json=new_entity("user")), 409, "id already exists"
    )
    assert bridge.worker.bodies()[0]["id"] == 2**31 - 1


async def test_a_root_user_is_not_deleted(http: httpx.AsyncClient, client: Client) -> None:
    user = await client.done("user.create", {**new_entity("user"), "root": 1})
    assert_refused(await http.delete(f"/api/user/{user['id']}"), 409, "root user cannot be deleted")
    assert success_data(await http.put(f"/api/user/{user['id']}", json={"name": "other"})) == [1]
    assert_refused(await http.delete(f"/api/user/{NOBODY}"), 404, "user not found")
