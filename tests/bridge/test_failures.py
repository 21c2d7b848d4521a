"""What every dialect answers when something is wrong behind the bridge, in its own shape."""

from typing import Any

import pytest

from tests.bridge.conftest import Served
from tests.bridge.responder import failed
from tests.bridge.shapes import same

REGISTER = {
    "username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678", "password": "123.qwe",
}  # fmt: skip
RESET = {"telephone": "13812345678", "newPassword": "123.qwe", "verificationCode": "123456"}


@pytest.mark.parametrize(
    ("method", "path", "name", "body"),
    [("POST", "/v1/users", "auth.register", REGISTER), ("PUT", "/password", "auth.reset_password", RESET)],
)
async def test_usermgmt_says_that_something_unforeseen_happened(
    served: Served, method: str, path: str, name: str, body: dict[str, Any]
) -> None:
    served.worker.says(name, failed("worker.fault", "internal", {"fault": "f"}))
    answer = await served.client.request(method, path, json=body)
    same(answer, 500, {"code": 500, "message": "Internal Server Error", "detail": None})


CALLS = [
    ("GET", "/integration/lark", "integration.get", None, {"error_code": 5001, "error_message": "internal error"}),
    ("GET", "/api/user/1", "user.get", None, {"status": "500", "message": "internal error"}),
    ("POST", "/api/local/user/signin", "auth.sign_in", {"username": "a@b.cd", "password": "testpass"},
     {"message": "internal error"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "name", "body", "said"), CALLS)
async def test_the_others_say_so_too(
    served: Served, method: str, path: str, name: str, body: Any, said: dict[str, Any]
) -> None:
    served.worker.says(name, failed("worker.fault", "internal", {"fault": "f"}))
    same(await served.client.request(method, path, json=body), 500, said)


async def test_passport_keeps_its_status(served: Served) -> None:
    served.worker.says("role.get", failed("worker.fault", "internal", {"fault": "f"}))
    answer = await served.client.get("/v1/role/find", params={"id": 1})
    same(answer, 200, {"code": 1002, "msg": "服务产生错误！原因：内部错误", "data": None})
