"""What holds for every path."""

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import Served, serving
from tests.bridge.responder import GOOD, NOW, TOKEN, USER, Responder, done, failed
from tests.bridge.shapes import ANONYMOUS, FORESEEN, foreseen, same

SESSION = {
    "id": 1, "user_id": 42, "realm": "passport", "tenant_id": None, "remembered": False, "sliding": False,
    "lifetime": 7200, "created_at": NOW, "expires_at": NOW, "revision": 1,
}  # fmt: skip


async def test_options_needs_no_token_and_lists_the_verbs(served: Served) -> None:
    answer = await served.client.options(FORESEEN, headers=ANONYMOUS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
    same(await served.client.options("/user/a/b"), 404, foreseen(4041, "route not found"))


async def test_head_is_get_without_the_body(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    got, head = await served.client.get(FORESEEN), await served.client.head(FORESEEN)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert (await served.client.head("/user")).status_code == 405


async def test_a_long_answer_is_compressed_for_who_can_read_it_and_a_token_never(served: Served) -> None:
    accounts = [{"account_id": n, "integration": f"i{n}", "account": "a" * 50} for n in range(50)]
    served.worker.says("user.get", done(USER | {"accounts": accounts}))
    served.worker.says("auth.sign_in", done({"user": USER, "session": SESSION, "token": "0" * 32}))
    async with httpx.AsyncClient(base_url=served.url, headers={"Authorization": GOOD}) as client:
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


async def test_request_ids_come_back(served: Served) -> None:
    assert (await served.client.get("/nowhere", headers={"X-Request-Id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert len((await served.client.get("/nowhere", headers={"X-Request-Id": "a b"})).headers["x-request-id"]) == 32


async def test_an_idempotency_key_is_the_same_message_for_one_caller_only(
    broker: RunningServers, worker: Responder
) -> None:
    worker.says("user.create", done(USER))
    worker.says("token.verify", done(TOKEN))
    keys = {"Idempotency-Key": "k1"}
    new = {"username": "u", "usertype": "user"}
    async with serving(broker.amqp_url, worker) as served:
        for headers in (keys, keys, {"Idempotency-Key": "k2"}, {}, keys | {"Authorization": "another"}):
            assert (await served.client.post("/user", json=new, headers=headers)).status_code == 200
    ids = [message.message_id for message in worker.seen]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


async def test_a_key_used_for_another_body_is_the_clients_fault(served: Served) -> None:
    served.worker.says("user.create", failed("message.id_reused"))
    answer = await served.client.post(
        "/user", json={"username": "u", "usertype": "user"}, headers={"Idempotency-Key": "k"}
    )
    same(answer, 400, foreseen(4001, "invalid arguments: Idempotency-Key"))


async def test_a_trace_goes_through(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await served.client.get(FORESEEN, headers={"traceparent": parent, "tracestate": "a=b"})
    assert served.worker.seen[0].headers["traceparent"] == parent
    assert served.worker.seen[0].headers["tracestate"] == "a=b"


@pytest.mark.parametrize("parent", ["", "x", "00-" + "0" * 10_000, "00-4bf9-00f0-01"])
async def test_a_trace_that_is_none_stays_behind(served: Served, parent: str) -> None:
    served.worker.says("user.get", done(USER))
    await served.client.get(FORESEEN, headers={"traceparent": parent, "tracestate": "a=b"})
    assert not {"traceparent", "tracestate"} & set(served.worker.seen[0].headers)


async def test_pages_of_allowed_origins_may_call(broker: RunningServers, worker: Responder) -> None:
    async with serving(broker.amqp_url, worker, cors_origins="https://a.example") as served:
        asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
        preflight = await served.client.options("/user", headers=asked)
        answer = await served.client.get("/nowhere", headers={"Origin": "https://a.example"})
        other = await served.client.get("/nowhere", headers={"Origin": "https://b.example"})
    assert preflight.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in other.headers
