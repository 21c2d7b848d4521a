"""The audit trail names who acted, and from which address."""

from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.loopback import http_client
from tests.support.stack import Stack
from tests.support.usermgmt import PASSWORD, last_code, register

AT = "/api/local/user/"
HERE = "127.0.0.1"
HEADERS = {"x-client-address": "203.0.113.7", "x-actor": "token:1"}


async def last_entry(stack: Stack, name: str) -> dict[str, Any]:
    """The latest entry of a command in the journal."""
    rows = stack.worker.dependencies.store.collection("journal")
    found: dict[str, Any] = await rows.find_one({"name": name}, sort=[("at", -1)])
    return found


async def who(stack: Stack, name: str) -> tuple[str | None, str | None]:
    """Actor and address of the latest command of this name."""
    entry = await last_entry(stack, name)
    return entry["actor"], entry["client_address"]


async def test_visitors_act_in_their_own_name_once_they_are_known(stack: Stack, client: Client) -> None:
    person = {"username": f"{uuid4().hex}@example.com", "password": "secret1"}
    events = await client.events("auth.*")
    async with http_client(stack.url) as http:
        id = (await http.post(AT + "signup", json=person)).json()["data"]["id"]
        me = (f"user:{id}", HERE)
        assert await who(stack, "auth.sign_up") == me
        assert (await http.post(AT + "signin", json=person | {"password": "wrong1"})).status_code == 400
        assert await who(stack, "auth.sign_in") == (None, HERE)
        assert (await http.post(AT + "signin", json=person)).status_code == 200
        assert await who(stack, "auth.sign_in") == me
        passwords = {"old_password": "secret1", "new_password": "secret2"}
        assert (await http.put(AT + "update_password", json=passwords)).status_code == 200
        assert await who(stack, "auth.change_password") == me
        await http.post(AT + "signin", json=person | {"password": "secret2"})
        await http.get(AT + "signout")
        assert await who(stack, "auth.sign_out") == me
    (signed_up,) = await events.about(f"user/{id}", 1)
    assert signed_up["actor"] == f"user:{id}"


async def test_a_failed_sign_in_tells_the_address(client: Client) -> None:
    user = await client.done("user.create", {"username": f"user_{uuid4().hex}", "password": "correct horse 1"})
    events = await client.events("auth.sign_in_failed")
    guess = {"login": user["username"], "password": "x"}
    await client.refused("auth.sign_in", guess, headers=HEADERS)
    event = await events.next()
    assert (event["data"]["user_id"], event["data"]["client_address"]) == (user["id"], "203.0.113.7")
    await client.refused(
        "auth.sign_in", {"login": user["username"], "password": "x"}, headers={"x-client-address": "x"}
    )
    assert (await events.next())["data"]["client_address"] is None


async def test_registration_and_reset_have_the_user_as_actor(stack: Stack, client: Client) -> None:
    async with http_client(stack.url) as http:
        body = await register(http, client, stack)
        user = await client.done("user.get", {"username": body["username"]})
        assert await who(stack, "auth.register") == (f"user:{user['id']}", HERE)
        await stack.worker.dependencies.store.collection("codes").delete_many({})  # the next one may be sent at once
        await client.done("sms.send_code", {"telephone": body["telephone"]})
        code = last_code(stack, body["telephone"])
        reset = {"telephone": body["telephone"], "newPassword": "qwe.456", "verificationCode": code}
        assert (await http.put(PASSWORD, json=reset)).status_code == 200
    assert await who(stack, "auth.reset_password") == (f"user:{user['id']}", HERE)


async def test_a_sender_that_names_an_actor_is_believed_where_callers_are_not_checked(
    stack: Stack, client: Client
) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "password": "correct horse 1"}
    await client.done("auth.sign_up", body, headers=HEADERS)
    assert await who(stack, "auth.sign_up") == ("token:1", "203.0.113.7")


async def test_the_command_line_acts_in_the_name_of_its_operator(stack: Stack) -> None:
    status, _, err = await run_userbus(
        stack.amqp_url, "token", "issue", "--name", "x", "--scope", "rbac", SUDO_USER="ada"
    )
    assert status == 0, err
    actor, address = await who(stack, "token.issue")
    assert actor is not None
    assert actor.startswith("operator:ada@")
    assert address is None
