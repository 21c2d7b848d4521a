"""How many messages a call of starcedu costs: one, and another question only where there is no request to prove it."""

from typing import Any

import pytest

from tests.bridge.conftest import Served
from tests.bridge.responder import NOW, USER, done, failed
from tests.bridge.starcedu import LOCAL, PASSWORD, TENANT, TENANT_401, USER_401, basic, person

COOKIE = {"Cookie": "connect.sid=sesame"}
HEADER = {"starcedu-tenant-authorization": basic("t", "s")}
TOKEN = {**HEADER, "authorization": "bearer abc"}
CHANGE = {"old_password": PASSWORD, "new_password": PASSWORD}
VIEW = {"id": "t", "title": "T", "key": "k", "created_at": NOW, "updated_at": NOW}


def names(served: Served) -> list[str | None]:
    return [message.routing_key for message in served.worker.seen]


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
    served: Served, method: str, path: str, headers: dict[str, str], name: str
) -> None:
    served.worker.says(name, failed("session.invalid", "unauthenticated"))
    answer = await served.client.request(method, path, json=person(**CHANGE), headers=headers)
    assert (answer.status_code, answer.json()) == (401, USER_401)
    assert names(served) == [name]
    shown = served.worker.bodies()[0]
    assert shown["realm"] == ("starcedu_tenant" if path.startswith(TENANT) else "starcedu_local")
    assert shown.get("tenant") == ({"id": "t", "secret": "s"} if path.startswith(TENANT) else None)


@pytest.mark.parametrize(
    ("method", "path", "headers", "name", "reply"),
    [
        ("PUT", f"{LOCAL}/update_password", COOKIE, "session.resolve", done({"session": None, "user": USER})),
        ("POST", f"{TENANT}/signin", HEADER, "tenant.verify", done(VIEW)),
        ("POST", f"{TENANT}/signup", HEADER, "tenant.verify", done(VIEW)),
    ],
)
async def test_a_bad_body_costs_the_question_who_asks(
    served: Served, method: str, path: str, headers: dict[str, str], name: str, reply: bytes
) -> None:
    refused: list[tuple[str, Any]] = [("tenant.invalid", TENANT_401), ("session.invalid", USER_401)]
    for code, body in refused:
        served.worker.says(name, failed(code, "unauthenticated"))
        answer = await served.client.request(method, path, content=b"{", headers=headers)
        assert (answer.status_code, answer.json()) == (401, body)
    assert names(served) == [name] * 2


@pytest.mark.parametrize("path", ["signin", "signup"])
async def test_a_bad_body_of_a_good_tenant_is_told(served: Served, path: str) -> None:
    served.worker.says("tenant.verify", done(VIEW))
    answer = await served.client.post(f"{TENANT}/{path}", content=b"{", headers=HEADER)
    assert (answer.status_code, answer.json()) == (400, {"message": "request body invalid"})


async def test_a_token_of_no_form_is_told_after_the_tenant(served: Served) -> None:
    served.worker.says("tenant.verify", done(VIEW))
    answer = await served.client.get(f"{TENANT}/me", headers={**HEADER, "authorization": "abc"})
    assert (answer.status_code, answer.json()) == (401, USER_401)
    assert names(served) == ["tenant.verify"]


async def test_nothing_is_asked_for_a_visitor_without_a_cookie(served: Served) -> None:
    served.client.headers.pop("Authorization")
    for method, path, status in (("PUT", "update_password", 401), ("GET", "me", 401), ("GET", "signout", 200)):
        assert (await served.client.request(method, f"{LOCAL}/{path}")).status_code == status
    assert (await served.client.post(f"{LOCAL}/signin", content=b"{")).status_code == 400
    assert names(served) == []


DOWN = [
    (failed("store.unavailable", "unavailable"), 503, "service unavailable"),
    (failed("fault", "internal"), 500, "internal error"),
    (b"not a reply", 500, "internal error"),
    (None, 504, "service timeout"),
]


@pytest.mark.parametrize(("reply", "status", "message"), DOWN)
async def test_trouble_behind_is_told_in_the_dialects_shape(
    served: Served, reply: bytes | None, status: int, message: str
) -> None:
    served.worker.says("auth.sign_in", reply)
    served.worker.says("tenant.verify", reply)
    calls: list[tuple[str, dict[str, Any]]] = [(LOCAL, {"json": person()}), (TENANT, {"content": b"{"})]
    for path, content in calls:
        answer = await served.client.post(f"{path}/signin", headers=HEADER, **content)
        assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert ("retry-after" in answer.headers) == (status == 503)
