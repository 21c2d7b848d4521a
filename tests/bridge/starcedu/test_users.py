"""starcedu for visitors, on the whole stack."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import run_bridge
from tests.support.client import Client
from tests.support.scripted_worker import SESSION, USER, ScriptedWorker, done_reply
from tests.support.starcedu import (
    LOCAL,
    PASSWORD,
    USER_401,
    assert_error,
    create_tenant_header,
    get_user_token,
    is_signed_in,
    person,
    sign_up,
)

HASH = "$2b$04$AlkgSMlTHJGx1fzduCu63O9Na2SYenqZ0A5a6h/RtBHoVMzSWgq0G"  # of PASSWORD
PLAIN = r"connect\.sid=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax"
LONG = r"connect\.sid=[0-9a-f]{32}; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"


def cookie_header(answer: httpx.Response) -> str:
    (header,) = answer.headers.get_list("set-cookie")
    assert answer.headers["cache-control"] == "no-store"
    return str(header)


async def sign_in(http: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    return await http.post(f"{LOCAL}/signin", json=body)


async def test_an_imported_user_keeps_the_id_of_64_bits_and_a_disabled_one_stays_outside(
    visitor: httpx.AsyncClient, client: Client
) -> None:
    body, number = person(), "9007199254740993123"
    row = {"username": body["username"], "external_id": number, "password_hash": HASH}
    assert (await client.done("user.import", {"users": [row]}))["created"] == 1
    signed_in = (await sign_in(visitor, body)).json()
    assert signed_in["data"] == {"id": number, "username": body["username"]}
    user = await client.done("user.get", {"external_id": number})
    await client.done("user.disable", {"id": user["id"]})
    assert_error(await sign_in(visitor, body), 400, "credentials invalid")


async def test_an_id_of_another_kind_of_system_is_not_shown(visitor: httpx.AsyncClient, client: Client) -> None:
    first = person()
    number = (await visitor.post(f"{LOCAL}/signup", json=first)).json()["data"]["id"]
    for external_id in (number, "9007199254740991", f"auth0|{uuid4().hex}", "0" + number.zfill(20), "٣" * 18):
        row = {"username": person()["username"], "external_id": external_id, "password_hash": HASH}
        assert (await client.done("user.import", {"users": [row]}))["created"] == 1
        signed_in = (await sign_in(visitor, {"username": row["username"], "password": PASSWORD})).json()
        user = await client.done("user.get", {"external_id": external_id})
        assert signed_in["data"] == {"id": str(user["id"]), "username": row["username"]}


async def test_signing_up_and_in_sets_a_fresh_cookie_each_time(visitor: httpx.AsyncClient) -> None:
    body = person()
    answers = [await visitor.post(f"{LOCAL}/signup", json=body), *[await sign_in(visitor, body) for _ in range(2)]]
    cookies = [cookie_header(answer) for answer in answers]
    assert all(re.fullmatch(PLAIN, one) for one in cookies)
    assert len(set(cookies)) == 3
    assert await is_signed_in(visitor)
    visitor.cookies.clear()
    first = cookies[1].partition(";")[0]
    assert not await is_signed_in(visitor, {"Cookie": first})


async def test_a_remembered_sign_in_lasts_fourteen_days(visitor: httpx.AsyncClient) -> None:
    body = await sign_up(visitor)
    assert re.fullmatch(LONG, cookie_header(await sign_in(visitor, {**body, "autoSignin": True})))


@pytest.mark.parametrize("value", [False, None, 1, "true", "", [], {}, [True]])
async def test_only_true_asks_to_be_remembered(visitor: httpx.AsyncClient, value: Any) -> None:
    body = await sign_up(visitor)
    assert re.fullmatch(PLAIN, cookie_header(await sign_in(visitor, {**body, "autoSignin": value})))


async def test_a_form_cannot_ask_to_be_remembered_nor_can_a_sign_up(visitor: httpx.AsyncClient) -> None:
    body = person(autoSignin=True)
    assert re.fullmatch(PLAIN, cookie_header(await visitor.post(f"{LOCAL}/signup", json=body)))
    form = await visitor.post(f"{LOCAL}/signin", data={**body, "autoSignin": "true"})
    assert re.fullmatch(PLAIN, cookie_header(form))


async def test_the_cookie_is_for_https_only_where_that_is_set(broker: RunningServers, worker: ScriptedWorker) -> None:
    worker.set_reply("auth.sign_in", done_reply({"user": USER, "session": SESSION, "token": "f" * 32}))
    async with run_bridge(broker.amqp_url, worker, cookie_secure=True) as bridge:
        answer = await bridge.client.post(f"{LOCAL}/signin", json=person())
    assert cookie_header(answer) == f"connect.sid={'f' * 32}; Path=/; HttpOnly; SameSite=Lax; Secure"


async def test_name_and_password_are_trimmed_and_the_name_lower_cased(visitor: httpx.AsyncClient) -> None:
    body = person()
    loud = {"username": f"  {body['username'].upper()}\n", "password": f"\t{PASSWORD} "}
    answer = await visitor.post(f"{LOCAL}/signup", json=loud)
    assert answer.json()["data"]["username"] == body["username"]
    assert (await sign_in(visitor, body)).json() == {**answer.json(), "message": "authenticate successfully"}
    assert (await sign_in(visitor, loud)).status_code == 200


async def test_empty_fields_are_reported_before_wrong_ones(visitor: httpx.AsyncClient) -> None:
    assert_error(await sign_in(visitor, {"username": "x"}), 400, "password empty")
    assert_error(await sign_in(visitor, {"username": "x", "password": "y"}), 400, "provided username illigal")
    assert_error(await sign_in(visitor, {"username": " ", "password": None}), 400, "username empty")
    await sign_up(visitor)
    change = await visitor.put(f"{LOCAL}/update_password", json={"old_password": "x", "new_password": "\t"})
    assert_error(change, 400, "new_password empty")


async def test_wrong_unknown_and_passwordless_are_answered_alike(visitor: httpx.AsyncClient, client: Client) -> None:
    body, passwordless = await sign_up(visitor), person()
    await client.done("user.create", {"email": passwordless["username"]})
    for wrong in ({**body, "password": "wrongpass"}, person(), passwordless):
        assert_error(await sign_in(visitor, wrong), 400, "credentials invalid")


async def test_a_refused_sign_in_or_sign_up_signs_the_visitor_out(visitor: httpx.AsyncClient) -> None:
    body = await sign_up(visitor)
    assert_error(await sign_in(visitor, {**body, "password": "x"}), 400, "provided password illigal")
    assert await is_signed_in(visitor)
    assert_error(await sign_in(visitor, {**body, "password": "wrongpass"}), 400, "credentials invalid")
    assert not await is_signed_in(visitor)
    await sign_in(visitor, body)
    assert_error(await visitor.post(f"{LOCAL}/signup", json=body), 400, "user with this username already existed")
    assert not await is_signed_in(visitor)


async def test_an_address_is_free_if_no_dialect_has_it(visitor: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    body = person()
    await http.post("/user", json={"username": body["username"].upper(), "usertype": "user"})
    assert_error(await visitor.post(f"{LOCAL}/signup", json=body), 400, "user with this username already existed")


async def test_of_concurrent_requests_for_one_address_one_succeeds(visitor: httpx.AsyncClient) -> None:
    body = person()
    answers = await asyncio.gather(*(visitor.post(f"{LOCAL}/signup", json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19


async def test_a_new_user_is_there_for_the_other_dialects(visitor: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    email = (await sign_up(visitor))["username"]
    number = (await visitor.get(f"{LOCAL}/me")).json()["data"]["id"]
    seen = (await http.get(f"/user/{email}")).json()["data"]
    assert (str(seen["user_id"]), seen["username"]) == (number, email)
    row = (await http.get("/v1/user/find", params={"id": number})).json()["data"]
    assert (row["name"], row["email"]) == (email, email)


async def test_an_administrator_signs_in_by_mail(visitor: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    body = person()
    made = {"name": "n", "email": body["username"], "mobile": "1", "position": "p", "password": PASSWORD}
    number = (await http.post("/v1/user/create", json=made)).json()["data"]
    shown = {"id": str(number), "username": body["username"]}
    assert (await sign_in(visitor, body)).json()["data"] == shown
    await http.post("/v1/user/update_field", json={"id": number, "status": -1})
    assert not await is_signed_in(visitor)
    assert_error(await sign_in(visitor, body), 400, "credentials invalid")


async def test_me_says_who_i_am(visitor: httpx.AsyncClient) -> None:
    body = person()
    shown = (await visitor.post(f"{LOCAL}/signup", json=body)).json()["data"]
    answer = await visitor.request("GET", f"{LOCAL}/me", content=b"{")
    assert answer.json() == {"data": shown, "message": "success"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("value", ["", "x", "f" * 32, "x" * 10_000, "%ff", "s%3Ax.y", '"', "{}", "\xff"])
async def test_a_cookie_that_is_no_session_is_nobody(visitor: httpx.AsyncClient, value: str) -> None:
    header = {b"Cookie": f"connect.sid={value}".encode("latin-1")}
    for method, path in (("GET", "me"), ("PUT", "update_password")):
        answer = await visitor.request(method, f"{LOCAL}/{path}", headers=header)
        assert (answer.status_code, answer.json()) == (401, USER_401)
    assert (await visitor.get(f"{LOCAL}/signout", headers=header)).json() == {"message": "user session reset"}
    body = await sign_up(visitor)
    answer = await visitor.post(f"{LOCAL}/signin", json=body, headers=header)
    assert answer.status_code == 200


async def test_signing_out_ends_the_session_and_needs_none(visitor: httpx.AsyncClient) -> None:
    await sign_up(visitor)
    for _ in range(2):
        answer = await visitor.get(f"{LOCAL}/signout")
        assert (answer.status_code, answer.json()) == (200, {"message": "user session reset"})
        assert "set-cookie" not in answer.headers
        assert not await is_signed_in(visitor)
    visitor.cookies.clear()
    assert (await visitor.get(f"{LOCAL}/signout")).json() == {"message": "user session reset"}


async def test_a_changed_password_ends_every_session_and_token_in_every_dialect(
    visitor: httpx.AsyncClient, client: Client
) -> None:
    body, header = await sign_up(visitor), await create_tenant_header(client)
    token = await get_user_token(visitor, header, body, at="signin")
    usermgmt = await visitor.post("/auth/login", data=body)
    assert usermgmt.status_code == 200
    sessions = [{"token": visitor.cookies["AUTHSERVERSESSIONID"]}, {"token": visitor.cookies["connect.sid"]}]
    change = {"old_password": PASSWORD, "new_password": f" {PASSWORD} "}
    answer = await visitor.put(f"{LOCAL}/update_password", json={**change, "username": "other@test.com"})
    assert (answer.status_code, answer.json()["message"]) == (200, "authenticate successfully")
    assert answer.json()["data"]["username"] == body["username"]
    assert not await is_signed_in(visitor)
    assert not await is_signed_in(visitor, {**header, "authorization": f"bearer {token}"}, "/api/tenant/user")
    for session in sessions:
        assert (await client.refused("session.resolve", session))["code"] == "session.invalid"
    assert (await sign_in(visitor, body)).status_code == 200


async def test_a_change_without_a_session_is_refused_whatever_the_body(visitor: httpx.AsyncClient) -> None:
    good = {"old_password": PASSWORD, "new_password": PASSWORD}
    await sign_up(visitor)
    await visitor.get(f"{LOCAL}/signout")
    contents: list[dict[str, Any]] = [{"json": good}, {"json": {}}, {"content": b"{"}, {"content": b"[]"}, {}]
    for content in contents:
        for cookies in ({}, {"Cookie": "connect.sid="}):
            answer = await visitor.put(f"{LOCAL}/update_password", headers=cookies, **content)
            assert (answer.status_code, answer.json()) == (401, USER_401)


async def test_the_same_key_signs_in_once(visitor: httpx.AsyncClient) -> None:
    body, key = await sign_up(visitor), {"Idempotency-Key": uuid4().hex}
    visitor.cookies.clear()
    tokens = []
    for _ in range(2):
        tokens.append((await visitor.post(f"{LOCAL}/signin", json=body, headers=key)).cookies["connect.sid"])
        visitor.cookies.clear()
    assert tokens[0] == tokens[1]


async def test_forms_are_read_like_json(visitor: httpx.AsyncClient) -> None:
    body = person()
    assert (await visitor.post(f"{LOCAL}/signup", data=body)).json()["message"] == "register successfully"
    change = {"old_password": PASSWORD, "new_password": "another1"}
    assert (await visitor.put(f"{LOCAL}/update_password", data=change)).status_code == 200
    assert (await visitor.post(f"{LOCAL}/signin", data={**body, "password": "another1"})).status_code == 200
