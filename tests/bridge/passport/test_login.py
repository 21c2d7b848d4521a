"""Login tokens of passport on the whole stack: who gets one and what it permits."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.client import Client
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS
from tests.support.passport import BAD, CREATE, FIELD, FIND, UPDATE, address, assert_refused, person, post
from tests.support.scripted_worker import TOKEN, USER, done_reply

LOGIN, LOGOUT, PASSWORD = "/v1/user/login", "/v1/user/logout", "correct-6"
WRONG = (3000203, "密码输入错误！")
GONE = (3000204, "登录令牌失效，请重新登录！")
CLOSED: dict[str, Any] = {"code": 403, "msg": "请先登录！", "data": None}


async def create_user(http: httpx.AsyncClient, **changed: Any) -> tuple[int, str]:
    body = person(password=PASSWORD, **changed)
    return (await post(http, CREATE, body))["data"], body["email"]


async def log_in(visitor: httpx.AsyncClient, email: str, password: str = PASSWORD) -> str:
    answer = await post(visitor, LOGIN, {"email": email, "password": password})
    assert list(answer["data"]) == ["access_token", "expire"]
    return str(answer["data"]["access_token"])


async def create_role(client: Client, admin: int) -> str:
    return str((await client.done("role.create", {"name": uuid4().hex, "admin": admin}))["id"])


async def create_administrator(http: httpx.AsyncClient, client: Client) -> tuple[int, str]:
    return await create_user(http, role_id=await create_role(client, 1))


async def find_user(visitor: httpx.AsyncClient, text: str, number: int) -> Any:
    answer = await visitor.get(FIND, params={"id": number}, headers={"Authorization": f"Bearer {text}"})
    return answer.json()


async def test_a_login_answers_a_token_for_two_hours(http: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
    _, email = await create_user(http)
    answer = await visitor.post(LOGIN, data={"email": f" {email.upper()} ", "password": PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["code"], answer.json()["msg"]) == (0, "")
    given = answer.json()["data"]
    assert list(given) == ["access_token", "expire"]
    assert len(given["access_token"]) == 32
    assert set(given["access_token"]) <= set("0123456789abcdef")
    assert given["expire"] == 7200


async def test_an_unknown_address_and_a_wrong_password_get_one_answer(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    _, email = await create_user(http)
    await assert_refused(visitor, LOGIN, {"email": email, "password": PASSWORD + " "}, *WRONG)
    await assert_refused(visitor, LOGIN, {"email": address(), "password": PASSWORD}, *WRONG)
    username = f"user_{uuid4().hex[:8]}@x.yz"
    await http.post("/user", json={"username": username, "usertype": "user"})
    await assert_refused(visitor, LOGIN, {"email": username, "password": PASSWORD}, *WRONG)


async def test_an_administrators_token_opens_the_dialect_wherever_it_is_shown(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    number, email = await create_administrator(http, client)
    text = await log_in(visitor, email)
    assert (await find_user(visitor, text, number))["data"]["id"] == number
    shown: list[dict[str, Any]] = [
        {"params": {"id": number, "access_token": text}},
        {"params": {"id": number}, "headers": {"Cookie": f"access_token={text}"}},
    ]
    for place in shown:
        assert (await visitor.get(FIND, **place)).json()["data"]["id"] == number
    given = {"id": str(number), "access_token": text}
    for answer in (await visitor.post(FIELD, json=given), await visitor.post(FIELD, data=given)):
        assert answer.json() == {"code": 0, "msg": "", "data": 1}
    assert (await visitor.get("/user/x", headers={"Authorization": text})).status_code == 401


@pytest.mark.parametrize(("admin", "code"), [(None, 3000206), (0, 3000207)])
async def test_a_user_without_an_administrator_role_may_do_nothing(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client, admin: int | None, code: int
) -> None:
    roles = {} if admin is None else {"role_id": await create_role(client, admin)}
    number, email = await create_user(http, **roles)
    text = await log_in(visitor, email)
    assert await find_user(visitor, text, number) == {"code": code, "msg": "无任何权限！", "data": None}
    broken = await visitor.post(CREATE, content=b"{", headers={"Authorization": f"Bearer {text}"})
    assert broken.json()["code"] == code


async def test_a_role_counts_while_it_lives_and_is_direct(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    plain = await create_role(client, 0)
    number, email = await create_user(http, role_id=plain)
    text = await log_in(visitor, email)
    assert (await find_user(visitor, text, number))["code"] == 3000207
    await post(http, "/v1/role/update_field", {"id": plain, "status": -1})
    assert (await find_user(visitor, text, number))["code"] == 3000206


async def test_a_root_user_may_call_without_any_role(fresh_bridge: RunningBridge) -> None:
    holder = {"id": 7, "root": 1, "admin": 0, "roles": 0}
    fresh_bridge.worker.set_reply("token.verify", done_reply(TOKEN | {"name": "user:7", "scopes": [], "user": holder}))
    fresh_bridge.worker.set_reply("user.get", done_reply(USER))
    for _ in range(2):
        assert (await fresh_bridge.client.get(FIND, params={"id": 42})).json()["code"] == 0
    assert fresh_bridge.worker.verifications == 2
    assert fresh_bridge.worker.requests[0].headers["x-actor"] == "user:7"


async def test_an_administrator_who_is_not_root_leaves_root_users_as_they_are(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    root = await client.done("user.create", {"username": f"root_{uuid4().hex}", "email": address(), "root": 1})
    _, email = await create_administrator(http, client)
    bearer = {"Authorization": f"Bearer {await log_in(visitor, email)}"}
    own = person(password="another password", role_id="1")
    changed = await visitor.post(UPDATE, json={**own, "id": root["id"]}, headers=bearer)
    assert changed.json() == {"code": 3000207, "msg": "无任何权限！", "data": None}
    for status in (-1, 1):
        kept = await visitor.post(FIELD, json={"id": root["id"], "status": status}, headers=bearer)
        assert kept.json()["code"] == 3000202
    assert await client.done("user.get", {"id": root["id"]}) == root


async def test_a_disabled_user_gets_none(http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client) -> None:
    number, email = await create_administrator(http, client)
    await client.done("user.disable", {"id": number})
    await assert_refused(visitor, LOGIN, {"email": email, "password": PASSWORD}, 3000207, "无任何权限！")


async def test_a_root_user_changes_root_users(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    root = await client.done("user.create", {"username": f"root_{uuid4().hex}", "root": 1})
    number, email = await create_administrator(http, client)
    await client.done("user.set_root", {"id": number, "root": 1})
    bearer = {"Authorization": f"Bearer {await log_in(visitor, email)}"}
    given = person()
    given.pop("password")
    changed = await visitor.post(UPDATE, json={**given, "id": root["id"]}, headers=bearer)
    assert changed.json() == {"code": 0, "msg": "", "data": True}
    assert (await client.done("user.get", {"id": root["id"]}))["email"] == given["email"]


async def test_a_login_ends_the_token_before(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    number, email = await create_administrator(http, client)
    first = await log_in(visitor, email)
    second = await log_in(visitor, email)
    assert await find_user(visitor, first, number) == CLOSED
    assert (await find_user(visitor, second, number))["code"] == 0


@pytest.mark.parametrize("place", ["json", "data", "params", "cookie", "bearer"])
async def test_a_logout_ends_the_token_at_once(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client, place: str
) -> None:
    number, email = await create_administrator(http, client)
    text = await log_in(visitor, email)
    headers = {"cookie": {"Cookie": f"access_token={text}"}, "bearer": {"Authorization": f"Bearer {text}"}}
    given: Any = {"headers": headers[place]} if place in headers else {place: {"access_token": text}}
    assert (await visitor.post(LOGOUT, **given)).json() == {"code": 0, "msg": "", "data": True}
    assert await find_user(visitor, text, number) == CLOSED
    assert (await visitor.post(LOGOUT, **given)).json() == {"code": GONE[0], "msg": GONE[1], "data": None}


async def test_an_empty_token_in_the_body_hides_none_in_the_query(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    number, email = await create_administrator(http, client)
    text = await log_in(visitor, email)
    answer = await visitor.post(LOGOUT, params={"access_token": text}, json={"access_token": ""})
    assert answer.json() == {"code": 0, "msg": "", "data": True}
    assert await find_user(visitor, text, number) == CLOSED


async def test_the_token_in_the_body_is_ended_whoever_asks(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    _, email = await create_administrator(http, client)
    text = await log_in(visitor, email)
    assert (await post(http, LOGOUT, {"access_token": text}))["data"] is True


async def test_a_new_password_and_a_deletion_end_the_token(
    http: httpx.AsyncClient, visitor: httpx.AsyncClient, client: Client
) -> None:
    number, email = await create_administrator(http, client)
    first = await log_in(visitor, email)
    await post(http, UPDATE, person(id=number, email=email, password="another-6"))
    assert await find_user(visitor, first, number) == CLOSED
    second = await log_in(visitor, email, "another-6")
    await post(http, FIELD, {"id": number, "status": -1})
    assert await find_user(visitor, second, number) == CLOSED
    await assert_refused(visitor, LOGIN, {"email": email, "password": "another-6"}, *WRONG)


@pytest.mark.parametrize("text", ["x", "0" * 32, "x" * 5000, "名"])
async def test_an_unknown_token_is_reported(visitor: httpx.AsyncClient, text: str) -> None:
    await assert_refused(visitor, LOGOUT, {"access_token": text}, *GONE)


LOGIN_FAULTS: list[tuple[dict[str, Any], int, str]] = [
    *(({key: value}, 1001, f"{key} 字段是必须的") for key in ("email", "password") for value in (None, "")),
    *(({key: value}, 1001, f"{key} 必须是一个字符串") for key in ("email", "password") for value in NOT_TEXTS),
    *(({key: " "}, 1004, "字段不能为空！") for key in ("email", "password")),
    *(({key: "a\0"}, 1001, f"{key} 格式不正确") for key in ("email", "password")),
    ({"email": "a"}, 1001, "email 必须是一个合法的电子邮件地址"),
    ({"email": "a" * 260 + "@b.cd"}, 1001, "email 的最大长度为 255 字符"),
    ({"password": "x" * 4097}, 1001, "password 的最大长度为 4096 字符"),
]


@pytest.mark.parametrize(("changed", "code", "message"), LOGIN_FAULTS)
async def test_an_error_in_a_login_is_reported(
    visitor: httpx.AsyncClient, changed: dict[str, Any], code: int, message: str
) -> None:
    await assert_refused(visitor, LOGIN, {"email": "a@b.cd", "password": PASSWORD, **changed}, code, message)


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (None, 1001, "access_token 字段是必须的"),
        ("", 1001, "access_token 字段是必须的"),
        (" ", 1004, "字段不能为空！"),
        (1, 1001, "access_token 必须是一个字符串"),
        ("a\0", 1001, "access_token 格式不正确"),
    ],
)
async def test_an_error_in_a_logout_is_reported(
    visitor: httpx.AsyncClient, value: Any, code: int, message: str
) -> None:
    await assert_refused(visitor, LOGOUT, {"access_token": value}, code, message)


@pytest.mark.parametrize("path", [LOGIN, LOGOUT])
@pytest.mark.parametrize("body", [*NOT_JSON, *NOT_OBJECTS])
async def test_a_body_that_is_no_json_object_is_refused(visitor: httpx.AsyncClient, path: str, body: bytes) -> None:
    assert (await visitor.post(path, content=body)).json() == {"code": BAD[0], "msg": BAD[1], "data": None}
