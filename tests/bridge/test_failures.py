"""Unexpected errors behind the bridge, in the shape of each dialect."""

from typing import Any

import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.scripted_worker import SESSION, USER, done_reply, failed_reply
from tests.support.shapes import assert_json

REGISTER = {
    "username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678", "password": "123.qwe",
}  # fmt: skip
RESET = {"telephone": "13812345678", "newPassword": "123.qwe", "verificationCode": "123456"}


@pytest.mark.parametrize(
    ("method", "path", "name", "body"),
    [("POST", "/v1/users", "auth.register", REGISTER), ("PUT", "/password", "auth.reset_password", RESET)],
)
async def test_usermgmt_answers_500_for_an_unexpected_error(
    bridge: RunningBridge, method: str, path: str, name: str, body: dict[str, Any]
) -> None:
    bridge.worker.set_reply(name, failed_reply("worker.fault", "internal", {"fault": "f"}))
    answer = await bridge.client.request(method, path, json=body)
    assert_json(answer, 500, {"code": 500, "message": "Internal Server Error", "detail": None})


CALLS = [
    ("GET", "/integration/lark", "integration.get", None, {"error_code": 5001, "error_message": "internal error"}),
    ("GET", "/api/user/1", "user.get", None, {"status": "500", "message": "internal error"}),
    ("POST", "/api/local/user/signin", "auth.sign_in", {"username": "a@b.cd", "password": "testpass"},
     {"message": "internal error"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "name", "body", "said"), CALLS)
async def test_so_do_the_others(
    bridge: RunningBridge, method: str, path: str, name: str, body: Any, said: dict[str, Any]
) -> None:
    bridge.worker.set_reply(name, failed_reply("worker.fault", "internal", {"fault": "f"}))
    assert_json(await bridge.client.request(method, path, json=body), 500, said)


async def test_passport_answers_200_with_a_code(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("role.get", failed_reply("worker.fault", "internal", {"fault": "f"}))
    answer = await bridge.client.get("/v1/role/find", params={"id": 1})
    assert_json(answer, 200, {"code": 1002, "msg": "服务产生错误！原因：内部错误", "data": None})


async def test_a_view_that_no_response_can_carry_is_an_unexpected_error(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("auth.sign_in", done_reply({"user": USER, "session": SESSION, "token": "令牌"}))
    login = await bridge.client.post("/login", data={"username": "ada", "password": "123.qwe"})
    assert_json(login, 500, {"code": 500, "message": "Internal Server Error", "detail": None})
    sign_in = await bridge.client.post("/api/local/user/signin", json={"username": "a@b.cd", "password": "testpass"})
    assert_json(sign_in, 500, {"message": "internal error"})
