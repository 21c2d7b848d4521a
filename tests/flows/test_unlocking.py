"""Locks of sign-ins are lifted by hand."""

from uuid import uuid4

from tests.support.client import Client

PASSWORD = "correct horse battery"


async def test_unlocking_forgets_failures_under_every_identifier_and_is_audited(client: Client) -> None:
    mark = uuid4().hex
    fields = {"username": f"u{mark}", "email": f"{mark}@example.org", "password": PASSWORD}
    user = await client.done("user.create", fields)
    logins = (fields["username"], fields["email"])
    for login in logins:
        for _ in range(5):
            await client.refused("auth.sign_in", {"login": login, "password": "wrong", "realm": "usermgmt"})
        locked = await client.refused("auth.sign_in", {"login": login, "password": PASSWORD, "realm": "usermgmt"})
        assert locked["code"] == "auth.locked"
    message_id = uuid4().hex
    told = await client.done("auth.unlock", {"id": user["id"]}, message_id=message_id)
    assert told["id"] == user["id"]
    for login in logins:
        await client.done("auth.sign_in", {"login": login, "password": PASSWORD, "realm": "usermgmt"})
    audit = await client.done("audit.search", {"subject": f"user/{user['id']}", "name": "auth.unlock"})
    assert [entry["message_id"] for entry in audit["items"]] == [message_id]


async def test_failures_that_count_are_listed_until_they_are_forgotten(client: Client) -> None:
    user = await client.done("user.create", {"username": f"u{uuid4().hex}", "password": PASSWORD})
    asked = {"user_id": user["id"]}
    assert await client.done("auth.list_lockouts", asked) == {"items": []}
    await client.refused("auth.sign_in", {"login": user["username"], "password": "wrong"})
    for _ in range(5):
        await client.refused("auth.sign_in", {"login": user["username"], "password": "wrong", "realm": "usermgmt"})
    everywhere, typed = (await client.done("auth.list_lockouts", asked))["items"]
    assert (everywhere["failures"], everywhere["locked_until"], everywhere["user_id"]) == (6, None, user["id"])
    assert (everywhere["counter"], typed["counter"]) == ("user", "username")
    assert everywhere["counts_until"] > typed["counts_until"] >= typed["locked_until"]
    assert (typed["realm"], typed["failures"], typed["locked_until"] is None) == ("usermgmt", 5, False)
    await client.done("auth.unlock", {"id": user["id"]})
    assert await client.done("auth.list_lockouts", asked) == {"items": []}
    assert (await client.refused("auth.list_lockouts", {"user_id": 9_000_000_000}))["code"] == "user.not_found"


async def test_the_sign_in_that_locks_is_found_in_the_audit_trail(client: Client) -> None:
    user = await client.done("user.create", {"username": f"u{uuid4().hex}", "password": PASSWORD})
    keys = [uuid4().hex for _ in range(5)]
    wrong = {"login": user["username"], "password": "wrong", "realm": "usermgmt"}
    for key in keys:
        await client.refused("auth.sign_in", wrong, message_id=key)
    asked = {"subject": f"user/{user['id']}"}
    (entry,) = (await client.done("audit.search", {**asked, "locked": True}))["items"]
    (_, typed) = (await client.done("auth.list_lockouts", {"user_id": user["id"]}))["items"]
    assert (entry["message_id"], entry["locked_until"]) == (keys[-1], typed["locked_until"])
    told = {row["message_id"]: row["locked_until"] for row in (await client.done("audit.search", asked))["items"]}
    assert [told[key] for key in keys[:-1]] == [None] * 4
    assert entry["message_id"] in [
        row["message_id"] for row in (await client.done("audit.search", {"locked": True}))["items"]
    ]


async def test_who_is_unknown_is_not_unlocked(client: Client) -> None:
    assert (await client.refused("auth.unlock", {"id": 9_000_000_000}))["code"] == "user.not_found"
