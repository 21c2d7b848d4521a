"""The messages that a call of starcedu costs: one, or one to verify the caller if nothing else is sent."""

from typing import Any

import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.scripted_worker import NOW, USER, done_reply, failed_reply
from tests.support.starcedu import LOCAL, PASSWORD, TENANT, TENANT_401, USER_401, basic_credentials, person

COOKIE = {"Cookie": "connect.sid=sesame"}
HEADER = {"starcedu-tenant-authorization": basic_credentials("t", "s")}
TOKEN = {**HEADER, "authorization": "bearer abc"}
CHANGE = {"old_password": PASSWORD, "new_password": PASSWORD}
VIEW = {"id": "t", "title": "T", "key": "k", "created_at": NOW, "updated_at": NOW}


def request_names(bridge: RunningBridge) -> list[str | None]:
    return [message.routing_key for message in bridge.worker.requests]


@pytest.mark.parametrize(
    ("method", "path", "headers", "name"),
    [
        ("POST", f"{LOCAL}/signin", COOKIE, "auth.sign_in"),
        ("POST", f"{LOCAL}/signup", {}, "auth.sign_up"),
        ("PUT", f"{LOCAL}/update_password", COOKIE, "auth.change_password"),
        ("GET", f"{LOCAL}/me", COOKIE, "session.resolve"),
        ("GET", f"{LOCAL}/signout", COOKIE, "auth.sign_out"),
        ("POST", f"{TENANT}/signin", HEADER, "auth.sign_in"),
        ("POST", f"{TENANT}/signup", HEADER, "auth.sign_up"),
        ("PUT", f"{TENANT}/update_password", TOKEN, "auth.change_password"),
        ("GET", f"{TENANT}/me", TOKEN, "session.resolve"),
        ("GET", f"{TENANT}/signout", TOKEN, "auth.sign_out"),
    ],
)
async def test_a_call_is_one_message(
    bridge: RunningBridge, method: str, path: str, headers: dict[str, str], name: str
) -> None:
    bridge.worker.set_reply(name, failed_reply("session.invalid", "unauthenticated"))
    answer = await bridge.client.request(method, path, json=person(**CHANGE), headers=headers)
    assert (answer.status_code, answer.json()) == (401, USER_401)
    assert request_names(bridge) == [name]
    shown = bridge.worker.bodies()[0]
    assert shown["realm"] == ("starcedu_tenant" if path.startswith(TENANT) else "starcedu_local")
    assert shown.get("tenant") == ({"id": "t", "secret": "s"} if path.startswith(TENANT) else None)


@pytest.mark.parametrize(
    ("method", "path", "headers", "name", "reply"),
    [
        ("PUT", f"{LOCAL}/update_password", COOKIE, "session.resolve", done_reply({"session": None, "user": USER})),
        ("POST", f"{TENANT}/signin", HEADER, "tenant.verify", done_reply(VIEW)),
        ("POST", f"{TENANT}/signup", HEADER, "tenant.verify", done_reply(VIEW)),
    ],
)
async def test_a_bad_body_is_reported_after_the_caller_is_verified(
    bridge: RunningBridge, method: str, path: str, headers: dict[str, str], name: str, reply: bytes
) -> None:
    refused: list[tuple[str, Any]] = [("tenant.invalid", TENANT_401), ("session.invalid", USER_401)]
    for code, body in refused:
        bridge.worker.set_reply(name, failed_reply(code, "unauthenticated"))
        answer = await bridge.client.request(method, path, content=b"{", headers=headers)
        assert (answer.status_code, answer.json()) == (401, body)
    assert request_names(bridge) == [name] * 2


@pytest.mark.parametrize("path", ["signin", "signup"])
async def test_a_bad_body_is_reported_to_a_valid_tenant(bridge: RunningBridge, path: str) -> None:
    bridge.worker.set_reply("tenant.verify", done_reply(VIEW))
    answer = await bridge.client.post(f"{TENANT}/{path}", content=b"{", headers=HEADER)
    assert (answer.status_code, answer.json()) == (400, {"message": "request body invalid"})


async def test_a_malformed_token_is_reported_after_the_tenant(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("tenant.verify", done_reply(VIEW))
    answer = await bridge.client.get(f"{TENANT}/me", headers={**HEADER, "authorization": "abc"})
    assert (answer.status_code, answer.json()) == (401, USER_401)
    assert request_names(bridge) == ["tenant.verify"]


async def test_a_visitor_without_a_cookie_costs_no_request(bridge: RunningBridge) -> None:
    bridge.client.headers.pop("Authorization")
    for method, path, status in (("PUT", "update_password", 401), ("GET", "me", 401), ("GET", "signout", 200)):
        assert (await bridge.client.request(method, f"{LOCAL}/{path}")).status_code == status
    assert (await bridge.client.post(f"{LOCAL}/signin", content=b"{")).status_code == 400
    assert request_names(bridge) == []


DOWN = [
    (failed_reply("store.unavailable", "unavailable"), 503, "service unavailable"),
    (failed_reply("fault", "internal"), 500, "internal error"),
    (b"not a reply", 500, "internal error"),
    (None, 504, "service timeout"),
]


@pytest.mark.parametrize(("reply", "status", "message"), DOWN)
async def test_failures_behind_the_bridge_have_the_dialects_shape(
    bridge: RunningBridge, impatient_bridge: RunningBridge, reply: bytes | None, status: int, message: str
) -> None:
    target = impatient_bridge if reply is None else bridge
    target.worker.set_reply("auth.sign_in", reply)
    target.worker.set_reply("tenant.verify", reply)
    calls: list[tuple[str, dict[str, Any]]] = [(LOCAL, {"json": person()}), (TENANT, {"content": b"{"})]
    for path, content in calls:
        answer = await target.client.post(f"{path}/signin", headers=HEADER, **content)
        assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert ("retry-after" in answer.headers) == (status == 503)
