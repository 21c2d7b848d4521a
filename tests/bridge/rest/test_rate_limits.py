"""One client address may ask only so often for what costs others something."""

import json
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from bridge.rest.rate_limits import RateLimits
from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.scripted_worker import NOW, SESSION, USER, ScriptedWorker, done_reply
from tests.support.usermgmt import SMS, UNIQUENESS, USERS, person

SIGN_UP, TENANT_SIGN_UP = "/api/local/user/signup", "/api/tenant/user/signup"
REGISTERED = {"user": USER, "permissions": []}
SIGNED_UP = {"token": "t", "user": USER, "session": SESSION}
TENANT = {"Starcedu-Tenant-Authorization": "basic dDpzZWNyZXQ="}
CREDENTIALS = {"username": "ada@example.com", "password": "secret1"}
TELEPHONE = {"telephone": "13812345678"}


@pytest.fixture
async def limited(
    broker: RunningServers, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningBridge]:
    """A bridge that serves one request of each kind a minute, within one minute that does not end."""
    # a clock that stands still: two requests on either side of a full minute are counted apart
    monkeypatch.setattr("bridge.app.RateLimits", partial(RateLimits, clock=lambda: 600.0))
    limits = {"sign_ups_per_minute": 1, "checks_per_minute": 1, "sends_per_minute": 1}
    worker.set_reply("auth.register", done_reply(REGISTERED))
    worker.set_reply("auth.sign_up", done_reply(SIGNED_UP))
    worker.set_reply("user.check_taken", done_reply({"username": False, "telephone": False}))
    worker.set_reply("sms.send_code", done_reply({"expires_at": NOW, "resend_at": NOW}))
    async with run_bridge(broker.amqp_url, worker, **limits) as bridge:
        yield bridge


def assert_too_often(answer: httpx.Response, body: object) -> None:
    assert (answer.status_code, answer.json()) == (429, body)
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_whoever_asks_too_often_is_refused_in_the_shape_of_the_dialect(limited: RunningBridge) -> None:
    usermgmt = {"code": 429, "message": "Too Many Requests", "detail": "service unavailable"}
    bodies = {USERS: person(), UNIQUENESS: TELEPHONE | {"username": "ada"}, SMS: TELEPHONE}
    for path, body in bodies.items():
        assert (await limited.client.post(path, json=body)).status_code < 300
        assert_too_often(await limited.client.post(path, json=body), usermgmt)
    assert len(limited.worker.requests) == 3
    assert (await limited.client.post(SIGN_UP, json=CREDENTIALS)).status_code == 200
    again = await limited.client.post(SIGN_UP, json=CREDENTIALS)
    assert_too_often(again, {"message": "service unavailable"})


async def test_a_wrong_request_counts_too(limited: RunningBridge) -> None:
    assert (await limited.client.post(SMS, json={})).status_code == 400
    assert (await limited.client.post(SMS, json=TELEPHONE)).status_code == 429


async def test_a_tenant_may_sign_up_as_many_as_it_has(limited: RunningBridge) -> None:
    for _ in range(3):
        answer = await limited.client.post(TENANT_SIGN_UP, json=CREDENTIALS, headers=TENANT)
        assert answer.status_code == 200


async def test_without_a_setting_nothing_is_counted(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("sms.send_code", done_reply({"expires_at": NOW, "resend_at": NOW}))
    answers = [await bridge.client.post(SMS, json=TELEPHONE) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}


async def test_a_large_head_is_refused_in_the_shape_of_usermgmt(bridge: RunningBridge) -> None:
    request = b"GET /auth/logout HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"
    _, _, body = (await bridge.send_raw(request)).partition(b"\r\n\r\n")
    assert json.loads(body)["code"] == 431


def test_each_address_and_each_minute_has_a_count_of_its_own() -> None:
    moment = 600.0
    limits = RateLimits({"sms.send_code": 2, "auth.register": 0}, clock=lambda: moment)
    first, same_network, other_network = "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"
    assert [limits.record("sms.send_code", each) for each in (first, same_network, first)] == [0, 0, 60]
    assert limits.record("sms.send_code", other_network) == 0
    assert [limits.record("sms.send_code", each) for each in ("1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4")] == [0, 0, 60]
    assert [limits.record(name, "1.2.3.4") for name in ("auth.register", "user.get") for _ in range(9)] == [0] * 18
    moment = 640.5
    assert limits.record("sms.send_code", first) == 20
    moment = 660.0
    assert limits.record("sms.send_code", first) == 0
