"""Requests that a page of another site makes a browser send."""

import re
from typing import Any

import pytest

from bridge.rest.dialect import Dialect, Endpoint, StandardCase
from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.dialects import ENDPOINT_NAMES, ENDPOINTS
from tests.support.other_sites import FOREIGN, MISSPELLED
from tests.support.scripted_worker import SESSION, USER, ScriptedWorker, done_reply
from tests.support.shapes import ANONYMOUS, FORESEEN, PASSPORT, assert_json, passport_error

SIGNED_IN = {"user": USER, "session": SESSION, "token": "0" * 32}
CREDENTIALS = {"username": "user@test.com", "password": "testpass"}
OWN = [
    pytest.param({}, id="no-browser"),
    pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind-a-proxy.example"}, id="same-origin"),
    pytest.param({"Sec-Fetch-Site": "none"}, id="typed-in"),
    pytest.param({"Host": "users.example", "Origin": "https://users.example"}, id="origin-is-host"),
]
WITH_COOKIE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("GET", "/api/local/user/me", "connect.sid=abc", {}),
    ("GET", "/api/local/user/signout", "connect.sid=abc", {}),
    ("PUT", "/api/local/user/update_password", "connect.sid=abc", {"json": {"old_password": "a", "new_password": "b"}}),
    ("POST", "/api/local/user/signin", "", {"json": CREDENTIALS}),
    ("POST", "/api/local/user/signup", "", {"json": CREDENTIALS}),
    ("GET", "/auth/logout", "", {}),
    ("POST", "/auth/login", "", {"data": CREDENTIALS}),
    ("POST", "/login", "", {"data": CREDENTIALS}),
    ("GET", PASSPORT, "access_token=abc", {}),
    ("POST", "/v1/user/logout", "access_token=abc", {}),
]


def headers_of(cookie: str, signals: dict[str, str]) -> dict[str, str]:
    return ANONYMOUS | signals | ({"Cookie": cookie} if cookie else {})


@pytest.mark.parametrize("signals", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path", "cookie", "body"), WITH_COOKIE)
async def test_what_uses_or_sets_a_cookie_refuses_other_sites(
    bridge: RunningBridge, method: str, path: str, cookie: str, body: dict[str, Any], signals: dict[str, str]
) -> None:
    answer = await bridge.client.request(method, path, headers=headers_of(cookie, signals), **body)
    if path.startswith("/v1/"):
        assert_json(answer, 200, passport_error(403, "请求来自其他站点！"))
    else:
        assert answer.status_code == 403
        assert "cross-site request refused" in answer.text
    assert "set-cookie" not in answer.headers
    assert bridge.worker.requests == []


@pytest.mark.parametrize(
    ("dialect", "endpoint"),
    [(dialect, endpoint) for dialect, endpoint in ENDPOINTS if dialect.cookie],
    ids=[name for (dialect, _), name in zip(ENDPOINTS, ENDPOINT_NAMES, strict=True) if dialect.cookie],
)
async def test_no_endpoint_takes_the_cookie_from_other_sites_however_they_are_spelled(
    bridge: RunningBridge, dialect: Dialect, endpoint: Endpoint
) -> None:
    path = re.sub(r"\{\w+\}", "1", endpoint.path)
    for signals in [*MISSPELLED, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]:
        answer = await bridge.client.request(
            endpoint.method, path, headers=headers_of(f"{dialect.cookie}=abc", signals)
        )
        failure = dialect.failures[StandardCase.CROSS_SITE]
        assert (answer.status_code, answer.json()) == (failure.status, dialect.error_body(failure)), signals
        assert "set-cookie" not in answer.headers
    assert bridge.worker.requests == []


@pytest.mark.parametrize("signals", OWN)
async def test_pages_of_the_bridge_and_other_clients_are_served(bridge: RunningBridge, signals: dict[str, str]) -> None:
    bridge.worker.set_reply("session.resolve", done_reply({"user": USER, "session": SESSION}))
    bridge.worker.set_reply("auth.sign_in", done_reply(SIGNED_IN))
    me = await bridge.client.get("/api/local/user/me", headers=headers_of("connect.sid=abc", signals))
    signed_in = await bridge.client.post("/api/local/user/signin", json=CREDENTIALS, headers=headers_of("", signals))
    assert (me.status_code, signed_in.status_code) == (200, 200)


@pytest.mark.parametrize("signals", FOREIGN, ids=str)
async def test_a_token_that_a_page_must_know_itself_is_enough(bridge: RunningBridge, signals: dict[str, str]) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    assert (await bridge.client.get(FORESEEN, headers=signals)).status_code == 200


async def test_pages_of_a_trusted_origin_may_use_cookies(broker: RunningServers, worker: ScriptedWorker) -> None:
    worker.set_reply("session.resolve", done_reply({"user": USER, "session": SESSION}))
    trusted = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    async with run_bridge(broker.amqp_url, worker, cors_origins="https://shop.example") as bridge:
        answer = await bridge.client.get("/api/local/user/me", headers=headers_of("connect.sid=abc", trusted))
    assert answer.status_code == 200
