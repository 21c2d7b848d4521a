"""One user in the console: what is shown, and each act with its entry in the audit trail."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import PASSWORD, audit_entries, create_root

HOSTILE = "<script>alert(1)</script>\u202e\u2067"


async def create_person(client: Client, **changed: Any) -> dict[str, Any]:
    return await create_root(client, root=0, **changed)


async def sign_in(client: Client, user: dict[str, Any], **changed: Any) -> Any:
    return await client.call("auth.sign_in", {"login": user["username"], "password": PASSWORD, **changed})


async def create_role(client: Client, name: str) -> dict[str, Any]:
    role: dict[str, Any] = await client.done("role.create", {"name": name})
    return role


async def test_a_user_is_shown_with_all_that_belongs_to_it(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    await client.done("integration.create", {"name": f"i{mark}"})
    account = {"integration": f"i{mark}", "account": f"ou_{mark}"}
    direct, given = [await create_role(client, f"{word} {mark}") for word in ("direct", "given")]
    group = await client.done("group.create", {"app_id": direct["app_id"], "code": mark, "name": f"group {mark}"})
    await client.done("group.grant", {"group_id": group["id"], "role_ids": [given["id"]]})
    fields = {"email": f"{mark}@example.com", "accounts": [account], "role_ids": [direct["id"]]}
    user = await create_person(client, **fields, group_ids=[group["id"]])
    await sign_in(client, user)
    for _ in range(5):
        await sign_in(client, user, password="wrong", realm="usermgmt")
    page = await operator.visitor.read(f"/users/{user['id']}")
    text = re.sub(r"\s+", " ", re.sub("<.*?>", " ", page))
    for shown in (user["uuid"], f"{mark}@example.com unverified", f"ou_{mark}", f"group {mark}", "user.create done"):
        assert shown in text
    assert re.search(rf"direct {mark} [^ ]+ \d+ directly ", text)
    assert re.search(rf"given {mark} [^ ]+ \d+ the group group {mark} ", text)
    assert re.search(
        r"Failed sign-ins 5 in all realms together, .* 5 with the .*, in the realm usermgmt, .* locked until 20", text
    )
    assert re.search(r"Sessions .* standard ", text)


async def test_acts_are_done_and_audited_under_the_name_of_the_operator(
    client: Client, operator: SignedInOperator
) -> None:
    user = await create_person(client)
    page = f"/users/{user['id']}"
    for act, name, told in (
        ("disable", "user.disable", "The user is disabled"),
        ("enable", "user.enable", "The user can sign in again."),
        ("unlock", "auth.unlock", "Failed sign-ins are forgotten"),
        ("sign-out", "session.revoke", "Every session has ended."),
    ):
        if act == "sign-out":
            await sign_in(client, user)
        answer = await operator.visitor.submit(page, f"{page}/{act}")
        assert answer.status_code == 303, answer.text
        assert told in await operator.visitor.read(answer.headers["location"].removeprefix("/console"))
        (entry,) = await audit_entries(client, actor=operator.actor, name=name)
        assert (entry["outcome"], entry["app_id"], entry["client_address"]) == ("done", "userbus-console", "127.0.0.1")
    assert (await client.done("session.list", {"user_id": user["id"]}))["items"] == []


async def test_a_disabled_and_a_locked_user_can_sign_in_afterwards(client: Client, operator: SignedInOperator) -> None:
    user = await create_person(client)
    page = f"/users/{user['id']}"
    await operator.visitor.submit(page, f"{page}/disable")
    assert (await sign_in(client, user))["problem"]["code"] == "auth.user_disabled"
    await operator.visitor.submit(page, f"{page}/enable")
    for _ in range(5):
        await sign_in(client, user, password="wrong", realm="usermgmt")
    assert (await sign_in(client, user, realm="usermgmt"))["problem"]["code"] == "auth.locked"
    await operator.visitor.submit(page, f"{page}/unlock")
    assert (await sign_in(client, user, realm="usermgmt"))["status"] == "done"


async def test_one_session_is_ended(client: Client, operator: SignedInOperator) -> None:
    user = await create_person(client)
    first, second = [(await sign_in(client, user))["data"]["session"]["id"] for _ in range(2)]
    page = f"/users/{user['id']}"
    answer = await operator.visitor.submit(page, f"{page}/sessions/{first}/end")
    assert answer.headers["location"] == f"/console{page}?notice=session-ended"
    left = (await client.done("session.list", {"user_id": user["id"]}))["items"]
    assert [session["id"] for session in left] == [second]
    gone = await operator.visitor.send(f"{page}/sessions/{first}/end")
    assert (gone.status_code, "session.not_found" in gone.text) == (404, True)


async def test_a_new_password_is_shown_once_and_opens(client: Client, operator: SignedInOperator) -> None:
    user = await create_person(client)
    page = f"/users/{user['id']}"
    answer = await operator.visitor.submit(page, f"{page}/reset-password")
    (password,) = re.findall("The new password is <code>(.*?)</code>", answer.text)
    assert password not in await operator.visitor.read(page)
    assert (await sign_in(client, user, password=password))["status"] == "done"
    assert (await sign_in(client, user))["problem"]["code"] == "auth.bad_credentials"
    (entry,) = await audit_entries(client, actor=operator.actor, name="user.update")
    assert entry["subjects"] == [f"user/{user['id']}"]


async def test_the_page_of_a_new_password_that_is_loaded_again_shows_it_again(
    client: Client, operator: SignedInOperator
) -> None:
    user = await create_person(client)
    form = {"form_id": "the same"}
    pages = [(await operator.visitor.send(f"/users/{user['id']}/reset-password", **form)).text for _ in range(2)]
    first, second = (re.findall("The new password is <code>(.*?)</code>", page) for page in pages)
    assert first == second
    assert (await sign_in(client, user, password=first[0]))["status"] == "done"
    other = await operator.visitor.send(f"/users/{user['id']}/reset-password", form_id="another")
    assert first[0] not in other.text


async def test_a_form_that_is_sent_twice_is_carried_out_once(client: Client, operator: SignedInOperator) -> None:
    user = await create_person(client)
    for _ in range(2):
        answer = await operator.visitor.send(f"/users/{user['id']}/disable", form_id="the same")
        assert answer.status_code == 303
    assert len(await audit_entries(client, actor=operator.actor, name="user.disable")) == 1


async def test_nobody_disables_oneself_and_a_new_own_password_ends_the_session(operator: SignedInOperator) -> None:
    own = f"/users/{operator.user['id']}"
    answer = await operator.visitor.send(f"{own}/disable")
    assert (answer.status_code, "You cannot disable yourself." in answer.text) == (409, True)
    answer = await operator.visitor.submit(own, f"{own}/reset-password")
    (password,) = re.findall("It is <code>(.*?)</code>", answer.text)
    assert (await operator.visitor.http.get(f"/console{own}")).status_code == 303
    assert (await operator.visitor.sign_in(operator.user["username"], password)).status_code == 303


@pytest.mark.parametrize("act", ["", "/disable", "/enable", "/unlock", "/reset-password"])
async def test_an_unknown_user_is_told_as_such(operator: SignedInOperator, act: str) -> None:
    path = f"/users/9000000000{act}"
    page = (await operator.visitor.send(path)).text if act else await operator.visitor.read(path, 404)
    assert "user.not_found" in page


async def test_a_soft_deleted_user_and_a_hostile_one_are_shown(client: Client, operator: SignedInOperator) -> None:
    user = await create_person(client, name=HOSTILE, company=HOSTILE, position=HOSTILE)
    await client.done("user.set_status", {"id": user["id"], "status": -1})
    page = await operator.visitor.read(f"/users/{user['id']}")
    assert "soft-deleted" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e\\u2067" in page
    assert [text for text in ("<script>alert", "\u202e", "\u2067") if text in page] == []
