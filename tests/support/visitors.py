"""People who sign up and in, for the tests of the auth family."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from models.unit import Unit
from tests.client import Client
from tests.stack import Stack

PASSWORD = "a password of Anna's"
BAD = ("unauthenticated", "auth.bad_credentials")


def address() -> str:
    return f"user_{uuid4().hex[:12]}@example.com"


def telephone() -> str:
    return f"13{secrets.randbelow(10**9):09d}"


async def signed_up(client: Client, **fields: Any) -> dict[str, Any]:
    """A new user who is signed in."""
    reply: dict[str, Any] = await client.done("auth.sign_up", {"email": address(), "password": PASSWORD, **fields})
    return reply


async def sign_in(client: Client, login: str, password: str = PASSWORD, **fields: Any) -> dict[str, Any]:
    """A sign-in that must succeed."""
    reply: dict[str, Any] = await client.done("auth.sign_in", {"login": login, "password": password, **fields})
    return reply


async def verdict(client: Client, name: str, body: dict[str, Any], **properties: Any) -> tuple[str, str]:
    """Kind and code of a refusal."""
    problem = await client.refused(name, body, **properties)
    return problem["kind"], problem["code"]


async def fails(client: Client, login: str, password: str = "not the password", **fields: Any) -> tuple[str, str]:
    """Kind and code of a sign-in that must be refused."""
    return await verdict(client, "auth.sign_in", {"login": login, "password": password, **fields})


async def holds(client: Client, token: str, **fields: Any) -> bool:
    """Whether a session is good."""
    reply = await client.call("session.resolve", {"token": token, **fields})
    assert reply["status"] == "done" or reply["problem"]["code"] == "session.invalid", reply
    return bool(reply["status"] == "done")


async def tenant(client: Client) -> dict[str, str]:
    """A new tenant's credentials."""
    made = await client.done("tenant.create", {"id": f"tenant_{uuid4().hex[:8]}", "title": "Tests"})
    return {"id": made["id"], "secret": made["secret"]}


async def aged(stack: Stack, login: str, by: timedelta) -> None:
    """Make the failures of an identifier at a locking door older."""
    rows = stack.worker.shared.store.collection("lockouts")
    key = {"_id": Unit(stack.worker.shared).lockouts.fresh("usermgmt", True, login, None).id}
    row = await rows.find_one(key)
    until = row["locked_until"] - by if row["locked_until"] else None
    await rows.update_one(key, {"$set": {"failures": [at - by for at in row["failures"]], "locked_until": until}})


async def journalled(stack: Stack, message_id: str) -> str:
    """All that the journal keeps of a command."""
    return str(await stack.worker.shared.store.collection("journal").find_one({"_id": message_id}))
