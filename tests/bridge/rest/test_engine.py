"""The engine with a scripted worker: every answer in the dialect's own shape, whatever happens behind it."""

import asyncio
import json
import logging
from typing import Any

import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import Served, serving
from tests.bridge.responder import USER, Responder, done, eventually, failed
from tests.bridge.shapes import ANONYMOUS, FORESEEN, PASSPORT, foreseen, passport, same

MIB = 1_048_576


PERSON = {"name": "n", "email": "a@b.cd", "mobile": "1", "position": "p", "password": "secret-6"}


async def test_a_user_is_read_over_the_bus(served: Served) -> None:
    served.worker.says("user.get", done(USER | {"accounts": [
        {"account_id": 9, "integration": "lark", "account": "ou_9"},
        {"account_id": 7, "integration": "slack", "account": "s7"},
    ]}))  # fmt: skip
    answer = await served.client.get(FORESEEN)
    accounts = [
        {"account_id": 7, "integration": "slack", "account": "s7"},
        {"account_id": 9, "integration": "lark", "account": "ou_9"},
    ]
    user = {"user_id": 42, "username": "example_user", "usertype": "user", "accounts": accounts}
    same(answer, 200, {"error_code": 0, "error_message": "success", "data": user})
    assert served.worker.bodies() == [{"login": "example_user"}]
    assert served.worker.seen[0].headers["x-actor"] == "token:billing"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/user", 405, foreseen(4052, "method not allowed")),
        ("/user/", 404, foreseen(4041, "route not found")),
        ("/user/a/b", 404, foreseen(4041, "route not found")),
        ("/integration/x/y", 404, foreseen(4041, "route not found")),
        ("/v1", 200, passport(404, "请求地址不存在！")),
        ("/v1/user/find/", 200, passport(404, "请求地址不存在！")),
        ("/v1/user/create", 200, passport(405, "请求方法不允许！")),
        ("/", 404, {"message": "not found"}),
        ("/users", 404, {"message": "not found"}),
        ("//user", 404, {"message": "not found"}),
        ("/nowhere%0A", 404, {"message": "not found"}),
        ("/User/x", 404, {"message": "not found"}),
    ],
)
async def test_a_path_is_answered_by_its_owner_before_any_token(
    served: Served, path: str, status: int, body: dict[str, Any]
) -> None:
    same(await served.client.get(path, headers=ANONYMOUS), status, body)


async def test_a_wrong_verb_names_the_right_ones(served: Served) -> None:
    assert (await served.client.patch(FORESEEN)).headers["allow"].startswith("GET, ")
    assert (await served.client.get("/v1/user/update")).headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "QUERY"])
async def test_verbs_that_a_path_does_not_have(served: Served, method: str) -> None:
    same(await served.client.request(method, "/user"), 405, foreseen(4052, "method not allowed"))


DOWN = (503, 5031, "service unavailable"), (503, 1002, "服务产生错误！原因：服务不可用")


BROKEN = (500, 5001, "internal error"), (200, 1002, "服务产生错误！原因：内部错误")


SILENT = (504, 5041, "service timeout"), (504, 1002, "服务产生错误！原因：请求超时")


@pytest.mark.parametrize(
    ("reply", "one", "other"),
    [
        (failed("store.down", "unavailable"), *DOWN),
        (failed("hash.busy", "throttled", {"retry_after": 7}), *DOWN),
        (failed("worker.fault", "internal", {"fault": "f"}), *BROKEN),
        (failed("never.heard_of"), *BROKEN),
        (b"garbage", *BROKEN),
        (done({}), *BROKEN),
        (None, *SILENT),
    ],
)
async def test_trouble_behind_the_bridge_has_the_dialects_shape(
    served: Served, reply: bytes | None, one: tuple[int, int, str], other: tuple[int, int, str]
) -> None:
    served.worker.says("user.get", reply)
    first, second = await asyncio.gather(served.client.get(FORESEEN), served.client.get(PASSPORT))
    same(first, one[0], foreseen(*one[1:]))
    same(second, other[0], passport(*other[1:]))
    assert ("retry-after" in first.headers) == (one[0] == 503)


async def test_retry_after_is_the_workers(served: Served) -> None:
    served.worker.says("user.get", failed("hash.busy", "throttled", {"retry_after": 7}))
    assert (await served.client.get(FORESEEN)).headers["retry-after"] == "7"


async def test_a_fault_is_logged_with_an_id_and_without_what_the_client_sent(
    served: Served, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    served.worker.says("user.create", failed("never.heard_of"))
    answer = await served.client.post("/v1/user/create", json=PERSON)
    same(answer, 200, passport(1002, "服务产生错误！原因：内部错误"))
    logged = capsys.readouterr().out + caplog.text
    assert "fault=" in logged
    assert "never.heard_of" in logged
    assert PERSON["password"] not in logged


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_drained_and_refused(served: Served, chunked: bool) -> None:
    async def chunks() -> Any:
        for _ in range(17):
            yield b"x" * 65_536

    content: Any = chunks() if chunked else b"x" * (MIB + 1)
    same(await served.client.post("/user", content=content), 413, foreseen(4131, "request body too large"))
    content = chunks() if chunked else b"x" * (MIB + 1)
    same(await served.client.post("/v1/user/create", content=content), 413, passport(413, "请求体过大！"))


async def test_size_comes_before_the_token_and_the_verb_before_the_size(served: Served) -> None:
    large = b"x" * (MIB + 1)
    assert (await served.client.post("/user", content=large, headers=ANONYMOUS)).status_code == 413
    assert (await served.client.put("/user", content=large, headers=ANONYMOUS)).status_code == 405


async def test_a_body_of_exactly_the_limit_is_read(served: Served) -> None:
    answer = await served.client.post("/user", content=b'"' + b"x" * (MIB - 2) + b'"')
    same(answer, 400, foreseen(4005, "invalid request body: it must be a JSON object"))


async def test_a_client_that_waits_for_leave_is_refused_before_it_sends(served: Served) -> None:
    head = b"POST /user HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n"
    assert (await served.raw(head + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "path",
    [b"/user/%ff%fe", b"/user/%00", b"/user/%zz", b"/user/%", b"/user/%20", b"/user/" + b"a" * 10_000, b"/user/."],
)
async def test_a_name_that_nobody_can_have_is_not_found(served: Served, path: bytes) -> None:
    served.worker.says("user.get", failed("user.not_found", "not_found"))
    head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAuthorization: good-token\r\nConnection: close\r\n\r\n"
    answer = await served.raw(head)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1]) == foreseen(4041, "user not exist")


async def test_a_slash_in_a_name_is_part_of_the_name(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    assert (await served.client.get("/user/a%2Fb")).status_code == 200
    assert (await served.client.get("/user/%E7%94%A8%E6%88%B7")).status_code == 200
    assert served.worker.bodies() == [{"login": "a/b"}, {"login": "用户"}]


@pytest.mark.parametrize("wait", [None, "x", -1, 0, 10**30, [], {}])
async def test_a_wait_that_makes_no_sense_is_a_second(served: Served, wait: Any) -> None:
    served.worker.says("user.get", failed("store.down", "unavailable", {"retry_after": wait}))
    answer = await served.client.get(FORESEEN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_without_a_broker_the_bridge_lives_and_says_so(worker: Responder) -> None:
    async with serving("amqp://guest:guest@127.0.0.1:1/", worker) as served:
        assert (await served.client.get("/health/live")).status_code == 200
        first = await served.client.get(FORESEEN)
        same(first, 503, foreseen(5031, "service unavailable"))
        assert first.headers["retry-after"] == "1"
        same(await served.client.get(PASSPORT), 503, passport(1002, "服务产生错误！原因：服务不可用"))
        ready = await served.client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["broker"]) == (503, "no broker")


async def test_a_broker_restart_is_survived(broker: RunningServers, worker: Responder) -> None:
    async with serving(broker.amqp_url, worker, bridge_timeout=30) as served:
        worker.says("user.get", None)
        waiting = [asyncio.create_task(served.client.get(FORESEEN)) for _ in range(20)]
        await eventually(lambda: len(worker.seen) == 20)
        await asyncio.to_thread(broker.rabbitmq.restart)
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {503}
