"""The samples of usermgmt's document (004), sent and compared; SMS is disabled.

The password reset needs SMS and is in test_sms.py. `code: 0` and `"string"` stand for any number and text.
"""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from devstack.servers import RunningServers
from tests.support.golden import has_shape
from tests.support.loopback import http_client
from tests.support.stack import fresh_database, running_stack
from tests.support.usermgmt import PASSWORD, SMS, UNIQUENESS, USERS, assert_error, person

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
async def client_without_sms(apart: RunningServers) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a stack of its own, whose worker sends no SMS."""
    database = fresh_database(apart.mongo_url)
    async with (
        running_stack(apart, sms_sender="off", mongo_url=database) as stack,
        http_client(stack.url, headers=HEADERS) as client,
    ):
        yield client


def assert_documented(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert has_shape(answer.json(), ERROR)


async def test_the_life_of_a_user_as_documented(client_without_sms: httpx.AsyncClient) -> None:
    assert (await client_without_sms.post(UNIQUENESS, content=UNIQUE)).json() == {
        "username": False,
        "telephone": False,
        "password": False,
    }
    answer = await client_without_sms.post(USERS, content=REGISTER)
    assert answer.status_code == 201
    assert has_shape(answer.json(), REGISTERED)
    made = answer.json()
    assert UUID(made["userId"]).version == 4
    assert {**made, "userId": ""} == {**REGISTERED, "userId": ""}
    unique = await client_without_sms.post(UNIQUENESS, content=UNIQUE)
    assert (unique.status_code, list(unique.json())) == (200, ["username", "telephone", "password"])
    assert unique.json() == {"username": True, "telephone": True, "password": True}
    assert_documented(await client_without_sms.post(USERS, content=REGISTER), 403)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    login = await client_without_sms.post("/auth/login", content="username=TestUser1&password=123.qwe", headers=form)
    assert (login.status_code, login.content) == (200, b"")
    logout = await client_without_sms.get("/auth/logout", params={"name": "app"})
    assert (logout.status_code, logout.text) == (200, "Succeed")
    assert logout.headers["content-type"].startswith("text/plain")


async def test_what_needs_sms_says_that_it_is_off(client_without_sms: httpx.AsyncClient) -> None:
    assert_documented(await client_without_sms.put(PASSWORD, content=RESET), 403)
    assert_documented(await client_without_sms.post(SMS, content=CODE), 417)
    assert_error(await client_without_sms.put(PASSWORD, content=RESET), 403, "SMS is not enabled")
    assert_error(await client_without_sms.put("/v1/users/password", content=RESET), 403, "SMS is not enabled")
    assert_error(await client_without_sms.post(SMS, content=CODE), 417, "SMS is not enabled")


async def test_fields_come_before_the_switch(client_without_sms: httpx.AsyncClient) -> None:
    assert_documented(await client_without_sms.put(PASSWORD, content="{}"), 400)
    assert_error(await client_without_sms.post(SMS, content='{"telephone":"1"}'), 400, "telephone:format is invalid.")


@pytest.mark.parametrize("code", [None, "000000", "123456"])
async def test_registration_ignores_a_code_of_the_right_form(
    client_without_sms: httpx.AsyncClient, code: str | None
) -> None:
    assert (await client_without_sms.post(USERS, json=person(verificationCode=code))).status_code == 201


async def test_registration_refuses_a_code_of_the_wrong_form(client_without_sms: httpx.AsyncClient) -> None:
    answer = await client_without_sms.post(USERS, json=person(verificationCode="12345"))
    assert_error(answer, 400, "verificationCode:format is invalid.")
