"""The samples of usermgmt's document, sent as they are and answered as they say (seed 004); SMS is off.

The reset needs SMS and is in test_usermgmt_sms. `code: 0` and `"string"` stand for what the contract names.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
import pytest

from devstack.servers import servers
from tests.bridge.golden import like
from tests.bridge.usermgmt import PASSWORD, SMS, UNIQUENESS, USERS, person, said
from tests.stack import running_stack

REGISTER = """{
  "username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678",
  "password": "123.qwe", "verificationCode": "123456"
}"""
REGISTERED = json.loads("""{
  "username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678",
  "userId": "37423702-051a-46b4-bf2b-f190759cc0b8", "permissions": [{"platform": "APPSTORE", "role": "GUEST"}]
}""")
RESET = '{"telephone": "13812345678", "newPassword": "123.qwe", "verificationCode": "123456"}'
UNIQUE = '{"username": "TestUser1", "telephone": "13812345678"}'
CODE = '{"telephone": "15191881159"}'
ERROR = {"code": 0, "message": "string", "detail": "string"}
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def off() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a stack of its own, whose worker sends no SMS."""
    with TemporaryDirectory() as home, servers(Path(home)) as running:
        async with AsyncExitStack() as exits:
            stack = await exits.enter_async_context(running_stack(running, sms_sender="off"))
            client = httpx.AsyncClient(base_url=stack.url, headers=HEADERS, timeout=30)
            yield await exits.enter_async_context(client)


def documented(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert like(answer.json(), ERROR)


async def test_the_life_of_a_user_as_documented(off: httpx.AsyncClient) -> None:
    assert (await off.post(UNIQUENESS, content=UNIQUE)).json() == {
        "username": False,
        "telephone": False,
        "password": False,
    }
    answer = await off.post(USERS, content=REGISTER)
    assert answer.status_code == 201
    assert like(answer.json(), REGISTERED)
    made = answer.json()
    assert UUID(made["userId"]).version == 4
    assert {**made, "userId": ""} == {**REGISTERED, "userId": ""}
    unique = await off.post(UNIQUENESS, content=UNIQUE)
    assert (unique.status_code, list(unique.json())) == (200, ["username", "telephone", "password"])
    assert unique.json() == {"username": True, "telephone": True, "password": True}
    documented(await off.post(USERS, content=REGISTER), 403)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    login = await off.post("/auth/login", content="username=TestUser1&password=123.qwe", headers=form)
    assert (login.status_code, login.content) == (200, b"")
    logout = await off.get("/auth/logout", params={"name": "app"})
    assert (logout.status_code, logout.text) == (200, "Succeed")
    assert logout.headers["content-type"].startswith("text/plain")


async def test_what_needs_sms_says_that_it_is_off(off: httpx.AsyncClient) -> None:
    documented(await off.put(PASSWORD, content=RESET), 403)
    documented(await off.post(SMS, content=CODE), 417)
    said(await off.put(PASSWORD, content=RESET), 403, "SMS is not enabled")
    said(await off.put("/v1/users/password", content=RESET), 403, "SMS is not enabled")
    said(await off.post(SMS, content=CODE), 417, "SMS is not enabled")


async def test_fields_come_before_the_switch(off: httpx.AsyncClient) -> None:
    documented(await off.put(PASSWORD, content="{}"), 400)
    said(await off.post(SMS, content='{"telephone":"1"}'), 400, "telephone:format is invalid.")


@pytest.mark.parametrize("code", [None, "000000", "123456"])
async def test_registration_ignores_a_code_of_the_right_form(off: httpx.AsyncClient, code: str | None) -> None:
    assert (await off.post(USERS, json=person(verificationCode=code))).status_code == 201


async def test_registration_refuses_a_code_of_the_wrong_form(off: httpx.AsyncClient) -> None:
    answer = await off.post(USERS, json=person(verificationCode="12345"))
    said(answer, 400, "verificationCode:format is invalid.")
