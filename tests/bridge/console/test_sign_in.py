"""Signing in to the console, and who is kept out."""

from uuid import uuid4

import httpx
import pytest

from bridge.app import create_app
from bridge.settings import Settings
from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import COOKIE, PASSWORD, Visitor, audit_entries, create_root
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

SIGN_IN = "/console/sign-in?next=%2Fconsole%2Fusers"


def is_sent_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/console/sign-in")


async def test_a_root_user_signs_in_and_out_and_both_are_in_the_audit_trail(client: Client, stranger: Visitor) -> None:
    user = await create_root(client)
    answer = await stranger.sign_in(user["username"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert cookie.endswith("; Path=/console; HttpOnly; SameSite=Strict")
    assert user["username"] in await stranger.read("/users")
    left = await stranger.submit("/users", "/sign-out")
    assert left.headers["location"] == "/console/sign-in?notice=signed-out"
    assert "You are signed out." in await stranger.read("/sign-in?notice=signed-out")
    stranger.http.cookies.set(COOKIE, cookie.partition("=")[2].partition(";")[0], path="/console")
    assert is_sent_to_sign_in(await stranger.http.get("/console/users"))
    entries = await audit_entries(client, actor=f"user:{user['id']}")
    assert [entry["name"] for entry in entries] == ["auth.sign_out", "auth.sign_in"]
    assert {(entry["app_id"], entry["client_address"]) for entry in entries} == {("userbus-console", "127.0.0.1")}


async def test_who_is_not_signed_in_comes_back_to_the_page_afterwards(client: Client, stranger: Visitor) -> None:
    answer = await stranger.http.get("/console/users?text=ada")
    assert answer.headers["location"] == SIGN_IN + "%3Ftext%3Dada"
    user = await create_root(client)
    answer = await stranger.submit(
        "/sign-in?next=%2Fconsole%2Fusers%3Ftext%3Dada", "/sign-in", login=user["username"], password=PASSWORD
    )
    assert answer.headers["location"] == "/console/users?text=ada"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/console//evil.example",
        "/consolex",
        "/console/\\evil",
        "/console/\n",
    ],
)
async def test_signing_in_leads_to_no_other_site(client: Client, stranger: Visitor, elsewhere: str) -> None:
    user = await create_root(client)
    answer = await stranger.send("/sign-in", login=user["username"], password=PASSWORD, next=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


async def test_an_ordinary_user_is_refused_as_a_wrong_password_is(client: Client, stranger: Visitor) -> None:
    root, user = await create_root(client), await create_root(client, root=0)
    ordinary, wrong = await stranger.sign_in(user["username"]), await stranger.sign_in(root["username"], "wrong")
    assert (ordinary.status_code, wrong.status_code) == (401, 401)
    assert ordinary.text.replace(user["username"], "") == wrong.text.replace(root["username"], "")
    assert COOKIE not in stranger.http.cookies
    failed = (await audit_entries(client, name="auth.sign_in", subject=f"user/{user['id']}"))[:1]
    assert [entry["outcome"] for entry in failed] in ([], ["auth.bad_credentials"])


async def test_five_failures_lock_the_name_until_an_operator_unlocks_it(client: Client, stranger: Visitor) -> None:
    user = await create_root(client)
    statuses = [(await stranger.sign_in(user["username"], "wrong")).status_code for _ in range(5)]
    locked = await stranger.sign_in(user["username"])
    assert (statuses, locked.status_code) == ([401] * 5, 429)
    assert int(locked.headers["retry-after"]) in range(1, 302)
    assert "is locked for another" in locked.text
    await client.done("auth.unlock", {"id": user["id"]})
    assert (await stranger.sign_in(user["username"])).status_code == 303


async def test_a_disabled_root_user_is_told_so(client: Client, stranger: Visitor) -> None:
    user = await create_root(client)
    await client.done("user.disable", {"id": user["id"]})
    answer = await stranger.sign_in(user["username"])
    assert (answer.status_code, "is disabled" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("user.set_root", {"root": 0}),
        ("user.disable", {}),
        ("user.update", {"password": "another horse 8"}),
    ],
)
async def test_a_session_ends_with_what_it_stands_on(
    client: Client, operator: SignedInOperator, name: str, body: dict[str, object]
) -> None:
    await operator.visitor.read("/users")
    await client.done(name, {"id": operator.user["id"], **body})
    assert is_sent_to_sign_in(await operator.visitor.http.get("/console/users"))


async def test_a_session_stays_ended_when_its_user_is_root_again(client: Client, operator: SignedInOperator) -> None:
    elsewhere = {"login": operator.user["username"], "password": PASSWORD, "realm": "standard"}
    token = (await client.done("auth.sign_in", elsewhere))["token"]
    for root in (0, 1):
        await client.done("user.set_root", {"id": operator.user["id"], "root": root})
    assert is_sent_to_sign_in(await operator.visitor.http.get("/console/users"))
    assert (await client.done("session.resolve", {"token": token}))["user"]["id"] == operator.user["id"]


async def test_a_session_that_was_ended_is_refused_at_once(client: Client, operator: SignedInOperator) -> None:
    await client.done("session.revoke", {"user_id": operator.user["id"]})
    assert is_sent_to_sign_in(await operator.visitor.http.get("/console/users"))


@pytest.mark.parametrize("realm", ["standard", "usermgmt", "starcedu_local"])
async def test_a_session_of_another_realm_opens_nothing(client: Client, stranger: Visitor, realm: str) -> None:
    user = await create_root(client)
    body = {"login": user["username"], "password": PASSWORD, "realm": realm}
    token = (await client.done("auth.sign_in", body))["token"]
    stranger.http.cookies.set(COOKIE, token, path="/console")
    assert is_sent_to_sign_in(await stranger.http.get("/console/users"))


async def test_the_session_of_the_console_opens_no_dialect(operator: SignedInOperator) -> None:
    token = operator.visitor.http.cookies[COOKIE]
    for path, cookie in (("/api/local/user/me", "connect.sid"), ("/v1/user/find?id=1", "access_token")):
        answer = await operator.visitor.http.get(path, headers={"Cookie": f"{cookie}={token}"})
        assert answer.status_code in (200, 401)
        assert str(operator.user["username"]) not in answer.text


async def test_the_console_is_off_by_default(stack: Stack) -> None:
    async with http_client(stack.url) as http:
        assert [(await http.get(path)).status_code for path in ("/console", "/console/users")] == [404, 404]


async def test_where_cookies_are_secure_none_that_was_set_without_tls_is_taken(client: Client, stack: Stack) -> None:
    user = await create_root(client)
    app = create_app(Settings(amqp_url=stack.amqp_url, bridge_timeout=PATIENCE, console=True, cookie_secure=True))
    async with serve(app, lifespan="on") as url, http_client(url) as http:
        answer = await Visitor(http).send("/sign-in", login=user["username"], password=PASSWORD)
        cookie, _, rest = answer.headers["set-cookie"].partition("; ")
        name, _, token = cookie.partition("=")
        assert (name, rest) == (f"__Secure-{COOKIE}", "Path=/console; HttpOnly; SameSite=Strict; Secure")
        for given, is_taken in ((name, True), (COOKIE, False)):
            page = await http.get("/console/users", headers={"Cookie": f"{given}={token}"})
            assert is_sent_to_sign_in(page) is not is_taken
        headers = {"Cookie": cookie, "Origin": url}
        left = await http.post("/console/sign-out", headers=headers)
        assert left.headers["set-cookie"].startswith(f"{name}=; Max-Age=0; ")
        assert is_sent_to_sign_in(await http.get("/console/users", headers=headers))


async def test_a_name_that_is_no_name_is_refused(stranger: Visitor) -> None:
    assert (await stranger.sign_in("x" * 5000)).status_code == 400
    assert (await stranger.sign_in(f"nobody_{uuid4().hex}\x1b[2J\u202e<b>", "x")).status_code == 401
