"""The engine with a scripted worker: every response in the dialect's shape, whatever happens behind it."""

import asyncio
import json
import logging
from typing import Any

import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.scripted_worker import (
    USER,
    ScriptedWorker,
    done_reply,
    failed_reply,
    forget_workers,
    run_scripted_worker,
    wait_until,
)
from tests.support.shapes import ANONYMOUS, FORESEEN, PASSPORT, assert_json, foreseen_error, passport_error

MIB = 1_048_576


PERSON = {"name": "n", "email": "a@b.cd", "mobile": "1", "position": "p", "password": "secret-6"}


async def test_a_user_is_read_over_the_bus(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER | {"accounts": [
        {"account_id": 9, "integration": "lark", "account": "ou_9"},
        {"account_id": 7, "integration": "slack", "account": "s7"},
    ]}))  # fmt: skip
    answer = await bridge.client.get(FORESEEN)
    accounts = [
        {"account_id": 7, "integration": "slack", "account": "s7"},
        {"account_id": 9, "integration": "lark", "account": "ou_9"},
    ]
    user = {"user_id": 42, "username": "example_user", "usertype": "user", "accounts": accounts}
    assert_json(answer, 200, {"error_code": 0, "error_message": "success", "data": user})
    assert bridge.worker.bodies() == [{"login": "example_user"}]
    assert bridge.worker.requests[0].headers["x-actor"] == "token:1"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/user", 405, foreseen_error(4052, "method not allowed")),
        ("/user/", 404, foreseen_error(4041, "route not found")),
        ("/user/a/b", 404, foreseen_error(4041, "route not found")),
        ("/integration/x/y", 404, foreseen_error(4041, "route not found")),
        ("/v1", 200, passport_error(404, "请求地址不存在！")),
        ("/v1/user/find/", 200, passport_error(404, "请求地址不存在！")),
        ("/v1/user/create", 200, passport_error(405, "请求方法不允许！")),
        ("/users", 404, {"message": "not found"}),
        ("/nowhere%0A", 404, {"message": "not found"}),
        ("/User/x", 404, {"message": "not found"}),
    ],
)
async def test_a_path_is_answered_by_its_dialect_before_authentication(
    bridge: RunningBridge, path: str, status: int, body: dict[str, Any]
) -> None:
    assert_json(await bridge.client.get(path, headers=ANONYMOUS), status, body)


async def test_a_path_that_begins_with_an_empty_segment_has_no_dialect(bridge: RunningBridge) -> None:
    answer = await bridge.send_raw(b"GET //user HTTP/1.1\r\nHost: bridge\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b'{"message":"not found"}')


async def test_a_wrong_verb_names_the_right_ones(bridge: RunningBridge) -> None:
    assert (await bridge.client.patch(FORESEEN)).headers["allow"].startswith("GET, ")
    assert (await bridge.client.get("/v1/user/update")).headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "QUERY"])
async def test_verbs_that_a_path_does_not_have(bridge: RunningBridge, method: str) -> None:
    assert_json(await bridge.client.request(method, "/user"), 405, foreseen_error(4052, "method not allowed"))


DOWN = (503, 5031, "service unavailable"), (503, 1002, "服务产生错误！原因：服务不可用")


BROKEN = (500, 5001, "internal error"), (200, 1002, "服务产生错误！原因：内部错误")


SILENT = (504, 5041, "service timeout"), (504, 1002, "服务产生错误！原因：请求超时")


@pytest.mark.parametrize(
    ("reply", "one", "other"),
    [
        (failed_reply("store.down", "unavailable"), *DOWN),
        (failed_reply("hash.busy", "throttled", {"retry_after": 7}), *DOWN),
        (failed_reply("worker.fault", "internal", {"fault": "f"}), *BROKEN),
        (failed_reply("never.heard_of"), *BROKEN),
        (b"garbage", *BROKEN),
        (done_reply({}), *BROKEN),
        (None, *SILENT),
    ],
)
async def test_failures_behind_the_bridge_have_the_dialects_shape(
    bridge: RunningBridge,
    impatient_bridge: RunningBridge,
    reply: bytes | None,
    one: tuple[int, int, str],
    other: tuple[int, int, str],
) -> None:
    target = impatient_bridge if reply is None else bridge
    target.worker.set_reply("user.get", reply)
    first, second = await asyncio.gather(target.client.get(FORESEEN), target.client.get(PASSPORT))
    assert_json(first, one[0], foreseen_error(*one[1:]))
    assert_json(second, other[0], passport_error(*other[1:]))
    assert ("retry-after" in first.headers) == (one[0] == 503)


async def test_retry_after_is_the_workers(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", failed_reply("hash.busy", "throttled", {"retry_after": 7}))
    assert (await bridge.client.get(FORESEEN)).headers["retry-after"] == "7"


async def test_an_unexpected_error_is_logged_with_an_id_and_without_what_the_client_sent(
    bridge: RunningBridge, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    bridge.worker.set_reply("user.create", failed_reply("never.heard_of"))
    answer = await bridge.client.post("/v1/user/create", json=PERSON)
    assert_json(answer, 200, passport_error(1002, "服务产生错误！原因：内部错误"))
    logged = capsys.readouterr().out + caplog.text
    assert "fault=" in logged
    assert "never.heard_of" in logged
    assert PERSON["password"] not in logged


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_drained_and_refused(bridge: RunningBridge, chunked: bool) -> None:
    async def chunks() -> Any:
        for _ in range(17):
            yield b"x" * 65_536

    content: Any = chunks() if chunked else b"x" * (MIB + 1)
    assert_json(await bridge.client.post("/user", content=content), 413, foreseen_error(4131, "request body too large"))
    content = chunks() if chunked else b"x" * (MIB + 1)
    assert_json(await bridge.client.post("/v1/user/create", content=content), 413, passport_error(413, "请求体过大！"))


async def test_size_comes_before_the_token_and_the_verb_before_the_size(bridge: RunningBridge) -> None:
    large = b"x" * (MIB + 1)
    assert (await bridge.client.post("/user", content=large, headers=ANONYMOUS)).status_code == 413
    assert (await bridge.client.put("/user", content=large, headers=ANONYMOUS)).status_code == 405


async def test_a_body_of_exactly_the_limit_is_read(bridge: RunningBridge) -> None:
    answer = await bridge.client.post("/user", content=b'"' + b"x" * (MIB - 2) + b'"')
    assert_json(answer, 400, foreseen_error(4005, "invalid request body: it must be a JSON object"))


async def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(bridge: RunningBridge) -> None:
    head = b"POST /user HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n"
    assert (await bridge.send_raw(head + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "path",
    [b"/user/%ff%fe", b"/user/%00", b"/user/%zz", b"/user/%", b"/user/%20", b"/user/" + b"a" * 10_000, b"/user/."],
)
async def test_a_name_that_nobody_can_have_is_not_found(bridge: RunningBridge, path: bytes) -> None:
    bridge.worker.set_reply("user.get", failed_reply("user.not_found", "not_found"))
    head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAuthorization: good-token\r\nConnection: close\r\n\r\n"
    answer = await bridge.send_raw(head)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1]) == foreseen_error(4041, "user not exist")


async def test_a_slash_in_a_name_is_part_of_the_name(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    assert (await bridge.client.get("/user/a%2Fb")).status_code == 200
    assert (await bridge.client.get("/user/%E7%94%A8%E6%88%B7")).status_code == 200
    assert bridge.worker.bodies() == [{"login": "a/b"}, {"login": "用户"}]


@pytest.mark.parametrize("wait", [None, "x", -1, 0, 10**30, [], {}])
async def test_an_invalid_retry_after_becomes_one_second(bridge: RunningBridge, wait: Any) -> None:
    bridge.worker.set_reply("user.get", failed_reply("store.down", "unavailable", {"retry_after": wait}))
    answer = await bridge.client.get(FORESEEN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_the_bridge_answers_503_without_a_broker(worker: ScriptedWorker) -> None:
    async with run_bridge("amqp://guest:guest@127.0.0.1:1/", worker) as bridge:
        assert (await bridge.client.get("/health/live")).status_code == 200
        first = await bridge.client.get(FORESEEN)
        assert_json(first, 503, foreseen_error(5031, "service unavailable"))
        assert first.headers["retry-after"] == "1"
        assert_json(await bridge.client.get(PASSPORT), 503, passport_error(1002, "服务产生错误！原因：服务不可用"))
        ready = await bridge.client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["broker"]) == (503, "no broker")


async def test_a_broker_restart_is_survived(restartable: RunningServers) -> None:
    url = restartable.amqp_url
    await forget_workers(url)
    async with run_scripted_worker(url) as worker, run_bridge(url, worker) as bridge:
        worker.set_reply("user.get", None)
        waiting = [asyncio.create_task(bridge.client.get(FORESEEN)) for _ in range(20)]
        await wait_until(lambda: len(worker.requests) == 20)
        await asyncio.to_thread(restartable.rabbitmq.restart)
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {503}


STRANGERS = {
    "without a token": (b"POST /user", b"x: y", foreseen_error(4011, "invalid authorization token")),
    "with a wrong token": (b"POST /api/user", b"Authorization: Bearer x", {"status": "401", "message": "unauthorized"}),
    "with a wrong token, where a body may have one": (
        b"POST /v1/user/create",
        b"Authorization: Bearer x",
        passport_error(403, "请先登录！"),
    ),
    "without a cookie": (
        b"PUT /api/local/user/update_password",
        b"x: y",
        {"code": 401, "message": "user unauthenticated"},
    ),
    "without a tenant": (
        b"PUT /api/tenant/user/update_password",
        b"x: y",
        {"code": 401, "message": "tenant unauthenticated"},
    ),
}


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_is_refused_before_the_body_has_come(bridge: RunningBridge, who: str) -> None:
    line, header, refusal = STRANGERS[who]
    head = line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000000\r\n" + header
    answer = await bridge.send_raw(head + b"\r\n\r\n{")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == refusal
