"""Bad input for every endpoint of starcedu, on the whole stack."""

from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, WHITE, long_text
from tests.support.starcedu import LOCAL, PASSWORD, assert_error, create_tenant_header, get_user_token, person, sign_up

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ADDRESSES = [
    "a", "a@b", "@b.cd", "a@", "a@b.c@d.ef", "a b@c.de", "a@b..cd", "a..b@c.de", ".a@b.cd", "a@-b.cd", "a@b-.cd",
    "名@b.cd", "a@名.cd", "a\0@b.cd", "a@b.cd\nx@y.zz", "a" * 251 + "@b.cd", long_text() + "@b.cd", "a@" + "b." * 5000,
]  # fmt: skip
PASSWORDS = [
    "12345", "1" * 21, "pass word", "p@ssword", "pässword", "密码密码密码", "pass\0word", "password\u0661", long_text(),
]  # fmt: skip
NAMES: list[Any] = [*NOT_TEXTS, *ADDRESSES]
SECRETS: list[Any] = [*NOT_TEXTS, *PASSWORDS]


@pytest.mark.parametrize("path", ["signin", "signup"])
async def test_malformed_addresses_and_passwords_are_illigal(visitor: httpx.AsyncClient, path: str) -> None:
    for field, values in (("username", NAMES), ("password", SECRETS)):
        for value in values:
            answer = await visitor.post(f"{LOCAL}/{path}", json=person(**{field: value}))
            assert_error(answer, 400, f"provided {field} illigal")
        for value in (None, *WHITE):
            assert_error(await visitor.post(f"{LOCAL}/{path}", json=person(**{field: value})), 400, f"{field} empty")


async def test_malformed_passwords_are_illigal_in_a_change(visitor: httpx.AsyncClient) -> None:
    await sign_up(visitor)
    for field, other in (("old_password", "new_password"), ("new_password", "old_password")):
        for value in SECRETS:
            answer = await visitor.put(f"{LOCAL}/update_password", json={field: value, other: PASSWORD})
            assert_error(answer, 400, f"provided {field} illigal")
        for value in (None, *WHITE):
            answer = await visitor.put(f"{LOCAL}/update_password", json={field: value, other: PASSWORD})
            assert_error(answer, 400, f"{field} empty")


async def test_a_body_that_cannot_be_read_is_invalid(visitor: httpx.AsyncClient, client: Client) -> None:
    header = await create_tenant_header(client)
    header["authorization"] = f"bearer {await get_user_token(visitor, header, await sign_up(visitor), at='signin')}"
    rows = (("POST", "signin"), ("POST", "signup"), ("PUT", "update_password"))
    for method, path in rows:
        for body in (*NOT_JSON, *NOT_OBJECTS):
            for at in ("local", "tenant"):
                answer = await visitor.request(method, f"/api/{at}/user/{path}", content=body, headers=header)
                assert_error(answer, 400, "request body invalid")
        for form in (b"username=%ff", b"username=\xff", b"&".join([b"a=1"] * 1001)):
            answer = await visitor.request(method, f"{LOCAL}/{path}", content=form, headers=FORM)
            assert_error(answer, 400, "request body invalid")


@pytest.mark.parametrize("form", [b"", b"username", b"username=%zz&password=%", b"=&==&&", b"username=%00&password=x"])
async def test_an_unreadable_form_is_an_error_of_a_field(visitor: httpx.AsyncClient, form: bytes) -> None:
    answer = await visitor.post(f"{LOCAL}/signin", content=form, headers=FORM)
    assert answer.status_code == 400
    assert answer.json()["message"].split()[-1] in ("empty", "illigal")


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data", "application/xml", "x", ""])
async def test_everything_but_a_form_is_read_as_json(visitor: httpx.AsyncClient, media: str) -> None:
    headers = {"Content-Type": media}
    assert_error(await visitor.post(f"{LOCAL}/signin", content=b"", headers=headers), 400, "username empty")
    assert_error(await visitor.post(f"{LOCAL}/signin", content=b"{}", headers=headers), 400, "username empty")
    assert_error(await visitor.post(f"{LOCAL}/signin", content=b"a=1", headers=headers), 400, "request body invalid")


@pytest.mark.parametrize("at", ["local", "tenant"])
async def test_a_body_over_the_limit_is_too_large_for_everyone(visitor: httpx.AsyncClient, at: str) -> None:
    for method, path in (("POST", "signin"), ("POST", "signup"), ("PUT", "update_password")):
        answer = await visitor.request(method, f"/api/{at}/user/{path}", content=b"x" * (2**20 + 1))
        assert_error(answer, 413, "request body too large")


@pytest.mark.parametrize(
    "path",
    [
        "/api", "/api/", "/api/local", "/api/local/user", "/api/local/user/", "/api/local/user/signin/",
        "/api/x/user/me",
        "/api/Local/user/me", "/api/local/user/nothing", "/api/local/users/me", "/api/%00/user/me", "/api/%ff/user/me",
        "/api/local%2Fuser/me", "/api/users", "/api/local/user/signin/x", "/api//user/me",
    ],
)  # fmt: skip
async def test_other_paths_are_no_business(visitor: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert_error(await visitor.request(method, path, content=b"{"), 404, "no such business")


@pytest.mark.parametrize("at", ["local", "tenant"])
async def test_other_verbs_are_refused_before_authentication(visitor: httpx.AsyncClient, at: str) -> None:
    verbs = {"signin": "POST", "signup": "POST", "update_password": "PUT", "me": "GET", "signout": "GET"}
    for path, right in verbs.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {right}:
            answer = await visitor.request(method, f"/api/{at}/user/{path}", content=b"x")
            assert_error(answer, 405, "method not allowed")
            assert right in answer.headers["allow"]
