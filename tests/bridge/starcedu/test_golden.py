"""The samples of starcedu's document (003), sent and compared.

Trailing commas are left out, and `$string` is a text.
"""

import json
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.golden import delete_users, has_shape
from tests.support.starcedu import LOCAL, TENANT, create_tenant_header

SIGN = '{"username":"user@test.com","password":"testpass"}'
CHANGE = '{"old_password":"oldpassword","new_password":"newpassword"}'
VISITOR = json.loads('{"data":{"id":"251795677628072963","username":"user@test.com"},"message":""}')
GUEST = json.loads('{"data":{"id":"251795677628072963","username":"user@test.com","token":"$string"},"message":""}')


@pytest.fixture(autouse=True)
async def no_sample_user(client: Client) -> None:
    """The user of the samples does not exist."""
    await delete_users(client, "user@test.com")


def assert_documented(answer: httpx.Response, sample: dict[str, Any], message: str) -> None:
    body = answer.json()
    assert answer.status_code == 200
    assert has_shape(body, sample)
    assert (body["message"], body["data"]["username"]) == (message, "user@test.com")
    assert body["data"]["id"].isdigit()


async def send_json(http: httpx.AsyncClient, method: str, path: str, body: str, **headers: str) -> httpx.Response:
    return await http.request(method, path, content=body, headers={"Content-Type": "application/json", **headers})


async def test_a_visitor_signs_up_and_in(visitor: httpx.AsyncClient) -> None:
    assert_documented(await send_json(visitor, "POST", f"{LOCAL}/signup", SIGN), VISITOR, "register successfully")
    assert_documented(await send_json(visitor, "POST", f"{LOCAL}/signin", SIGN), VISITOR, "authenticate successfully")


async def test_a_tenant_signs_its_user_up_and_in(visitor: httpx.AsyncClient, client: Client) -> None:
    header = await create_tenant_header(client)
    assert_documented(
        await send_json(visitor, "POST", f"{TENANT}/signup", SIGN, **header), GUEST, "register successfully"
    )
    assert_documented(
        await send_json(visitor, "POST", f"{TENANT}/signin", SIGN, **header), GUEST, "authenticate successfully"
    )


async def test_a_visitor_with_an_oauth_user_signs_up_and_in(visitor: httpx.AsyncClient, client: Client) -> None:
    bound = {"signup": "bind and register successfully", "signin": "authenticate and bind successfully"}
    for path, message in bound.items():
        identity = {"provider": "lark", "subject": f"ou_{path}_golden"}
        attached = await client.done("session.attach_identity", identity)
        visitor.cookies.clear()
        visitor.cookies.set("connect.sid", attached["token"])
        assert_documented(await send_json(visitor, "POST", f"{LOCAL}/{path}", SIGN), VISITOR, message)


async def test_a_visitor_changes_the_password(visitor: httpx.AsyncClient) -> None:
    await send_json(visitor, "POST", f"{LOCAL}/signup", SIGN.replace("testpass", "oldpassword"))
    changed = await send_json(visitor, "PUT", f"{LOCAL}/update_password", CHANGE)
    assert_documented(changed, VISITOR, "authenticate successfully")


async def test_a_tenants_user_changes_the_password(visitor: httpx.AsyncClient, client: Client) -> None:
    header = await create_tenant_header(client)
    signed = await send_json(visitor, "POST", f"{TENANT}/signup", SIGN.replace("testpass", "oldpassword"), **header)
    header["authorization"] = f"bearer {signed.json()['data']['token']}"
    changed = await send_json(visitor, "PUT", f"{TENANT}/update_password", CHANGE, **header)
    assert_documented(changed, VISITOR, "authenticate successfully")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        *((path, '{"password":"testpass"}', "username empty") for path in ("signin", "signup")),
        *((path, '{"username":"user@test.com"}', "password empty") for path in ("signin", "signup")),
        *((path, SIGN.replace("@", ""), "provided username illigal") for path in ("signin", "signup")),
        *((path, SIGN.replace("testpass", "test"), "provided password illigal") for path in ("signin", "signup")),
        ("signin", SIGN, "credentials invalid"),
    ],
)
async def test_every_documented_refusal(visitor: httpx.AsyncClient, path: str, body: str, message: str) -> None:
    answer = await send_json(visitor, "POST", f"{LOCAL}/{path}", body)
    assert (answer.status_code, answer.json()) == (400, {"message": message})


async def test_an_address_registers_once(visitor: httpx.AsyncClient) -> None:
    answers = [await send_json(visitor, "POST", f"{LOCAL}/signup", SIGN) for _ in range(2)]
    assert (answers[1].status_code, answers[1].json()) == (400, {"message": "user with this username already existed"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"new_password":"newpassword"}', "old_password empty"),
        ('{"old_password":"oldpassword"}', "new_password empty"),
        (CHANGE.replace("oldpassword", "old"), "provided old_password illigal"),
        (CHANGE.replace("newpassword", "new"), "provided new_password illigal"),
        (CHANGE, "credentials invalid"),
    ],
)
async def test_every_documented_refusal_of_a_change(visitor: httpx.AsyncClient, body: str, message: str) -> None:
    await send_json(visitor, "POST", f"{LOCAL}/signup", SIGN)
    answer = await send_json(visitor, "PUT", f"{LOCAL}/update_password", body)
    assert (answer.status_code, answer.json()) == (400, {"message": message})
