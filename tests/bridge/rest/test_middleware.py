"""Middleware: HEAD, OPTIONS, compression, request ids, CORS; idempotency keys and trace context."""

import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.loopback import http_client
from tests.support.scripted_worker import GOOD, SESSION, TOKEN, USER, ScriptedWorker, done_reply, failed_reply
from tests.support.shapes import ANONYMOUS, FORESEEN, assert_json, foreseen_error


async def test_options_needs_no_token_and_lists_the_verbs(bridge: RunningBridge) -> None:
    answer = await bridge.client.options(FORESEEN, headers=ANONYMOUS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
    assert_json(await bridge.client.options("/user/a/b"), 404, foreseen_error(4041, "route not found"))


async def test_head_is_get_without_the_body(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    got, head = await bridge.client.get(FORESEEN), await bridge.client.head(FORESEEN)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert (await bridge.client.head("/user")).status_code == 405


async def test_a_long_answer_is_compressed_for_who_can_read_it_and_a_token_never(bridge: RunningBridge) -> None:
    accounts = [{"account_id": n, "integration": f"i{n}", "account": "a" * 50} for n in range(50)]
    bridge.worker.set_reply("user.get", done_reply(USER | {"accounts": accounts}))
    bridge.worker.set_reply("auth.sign_in", done_reply({"user": USER, "session": SESSION, "token": "0" * 32}))
    async with http_client(bridge.url, headers={"Authorization": GOOD}) as client:
        zipped = await client.get(FORESEEN, headers={"Accept-Encoding": "gzip"})
        plain = await client.get(FORESEEN, headers={"Accept-Encoding": "identity"})
        head = await client.head(FORESEEN, headers={"Accept-Encoding": "gzip"})
        token = await client.post("/v1/user/login", json={"email": "a@b.cd", "password": "correct-6"})
    assert (zipped.headers["content-encoding"], zipped.json()) == ("gzip", plain.json())
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])
    assert head.headers["content-length"] == zipped.headers["content-length"]
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in token.headers


async def test_request_ids_come_back(bridge: RunningBridge) -> None:
    assert (await bridge.client.get("/nowhere", headers={"X-Request-Id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert len((await bridge.client.get("/nowhere", headers={"X-Request-Id": "a b"})).headers["x-request-id"]) == 32


async def test_an_idempotency_key_is_the_same_message_for_one_caller_only(fresh_bridge: RunningBridge) -> None:
    fresh_bridge.worker.set_reply("user.create", done_reply(USER))
    fresh_bridge.worker.set_reply("token.verify", done_reply(TOKEN))
    keys = {"Idempotency-Key": "k1"}
    new = {"username": "u", "usertype": "user"}
    for headers in (keys, keys, {"Idempotency-Key": "k2"}, {}, keys | {"Authorization": "another"}):
        assert (await fresh_bridge.client.post("/user", json=new, headers=headers)).status_code == 200
    ids = [message.message_id for message in fresh_bridge.worker.requests]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


async def test_a_key_used_for_another_body_is_a_client_error(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.create", failed_reply("message.id_reused"))
    answer = await bridge.client.post(
        "/user", json={"username": "u", "usertype": "user"}, headers={"Idempotency-Key": "k"}
    )
    assert_json(answer, 400, foreseen_error(4001, "invalid arguments: Idempotency-Key"))


async def test_trace_context_is_passed_on(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await bridge.client.get(FORESEEN, headers={"traceparent": parent, "tracestate": "a=b"})
    assert bridge.worker.requests[0].headers["traceparent"] == parent
    assert bridge.worker.requests[0].headers["tracestate"] == "a=b"


@pytest.mark.parametrize("parent", ["", "x", "00-" + "0" * 10_000, "00-4bf9-00f0-01"])
async def test_an_invalid_trace_context_is_dropped(bridge: RunningBridge, parent: str) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    await bridge.client.get(FORESEEN, headers={"traceparent": parent, "tracestate": "a=b"})
    assert not {"traceparent", "tracestate"} & set(bridge.worker.requests[0].headers)


async def test_pages_of_allowed_origins_may_call(broker: RunningServers, worker: ScriptedWorker) -> None:
    async with run_bridge(broker.amqp_url, worker, cors_origins="https://a.example") as bridge:
        asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
        preflight = await bridge.client.options("/user", headers=asked)
        answer = await bridge.client.get("/nowhere", headers={"Origin": "https://a.example"})
        other = await bridge.client.get("/nowhere", headers={"Origin": "https://b.example"})
    assert preflight.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in other.headers


async def test_no_answer_is_stored_or_guessed_at(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    for path in (FORESEEN, "/nowhere", "/health/live", "/docs/openapi.json"):
        headers = (await bridge.client.get(path)).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store"), path
    assert (await bridge.client.get("/docs")).headers["cache-control"] == "no-cache"


async def test_nobody_is_led_on_to_https_with_a_secret_that_has_been_sent_in_clear(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    for path in (FORESEEN, "/health/live", "/docs", "/docs/openapi.json"):
        answer = await bridge.client.get(path, headers={"X-Forwarded-Proto": "http"})
        assert answer.status_code == 200, path


async def test_only_the_hosts_of_the_settings_are_served(broker: RunningServers, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", done_reply(USER))
    async with run_bridge(broker.amqp_url, worker, allowed_hosts="users.example,*.internal.example") as bridge:
        hosts = ("users.example", "a.internal.example", "evil.example", "127.0.0.1")
        statuses = [(await bridge.client.get(FORESEEN, headers={"Host": host})).status_code for host in hosts]
    assert statuses == [200, 200, 400, 400]


async def test_a_key_that_a_stranger_has_used_is_free_for_other_strangers(fresh_bridge: RunningBridge) -> None:
    fresh_bridge.worker.set_reply("auth.sign_in", done_reply({"user": USER, "session": SESSION, "token": "0" * 32}))
    key = {"Idempotency-Key": "1"}
    for email, password in (("squatter@b.cd", "correct-6"), ("a@b.cd", "correct-6"), ("a@b.cd", "another-6")):
        body = {"email": email, "password": password}
        assert (await fresh_bridge.client.post("/v1/user/login", json=body, headers=key)).status_code == 200
    ids = [message.message_id for message in fresh_bridge.worker.requests]
    assert ids[0] != ids[1]
    assert ids[1] == ids[2]  # an id tells nothing of a password; the worker refuses the second
