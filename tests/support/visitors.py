"""Users who sign up and in, for tests of the auth family."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.stack import Stack

PASSWORD = "a password of Anna's"
BAD = ("unauthenticated", "auth.bad_credentials")


def address() -> str:
    return f"user_{uuid4().hex[:12]}@example.com"


def telephone() -> str:
    return f"13{secrets.randbelow(10**9):09d}"


async def sign_up(client: Client, **fields: Any) -> dict[str, Any]:
    """Sign a new user up and return the reply."""
    reply: dict[str, Any] = await client.done("auth.sign_up", {"email": address(), "password": PASSWORD, **fields})
    return reply


async def sign_in(client: Client, login: str, password: str = PASSWORD, **fields: Any) -> dict[str, Any]:
    """Sign in and return the reply; the sign-in must succeed."""
    reply: dict[str, Any] = await client.done("auth.sign_in", {"login": login, "password": password, **fields})
    return reply


async def get_refusal(client: Client, name: str, body: dict[str, Any], **properties: Any) -> tuple[str, str]:
    """Send a request that must be refused and return kind and code."""
    problem = await client.refused(name, body, **properties)
    return problem["kind"], problem["code"]


async def fail_sign_in(
    client: Client, login: str, password: str = "not the password", **fields: Any
) -> tuple[str, str]:
    """Sign in wrongly and return kind and code."""
    return await get_refusal(client, "auth.sign_in", {"login": login, "password": password, **fields})


async def is_valid_session(client: Client, token: str, **fields: Any) -> bool:
    """Whether a session is valid."""
    reply = await client.call("session.resolve", {"token": token, **fields})
    assert reply["status"] == "done" or reply["problem"]["code"] == "session.invalid", reply
    return bool(reply["status"] == "done")


async def create_tenant(client: Client) -> dict[str, str]:
    """Create a tenant and return its credentials."""
    made = await client.done("tenant.create", {"id": f"tenant_{uuid4().hex[:8]}", "title": "Tests"})
    return {"id": made["id"], "secret": made["secret"]}


async def age_failures(stack: Stack, login: str, by: timedelta) -> None:
    """Make the failed sign-ins of an identifier in a locking realm older."""
    rows = stack.worker.dependencies.store.collection("lockouts")
    key = {"_id": UnitOfWork(stack.worker.dependencies).lockouts.new_counter("usermgmt", True, login, None).id}
    row = await rows.find_one(key)
    until = row["locked_until"] - by if row["locked_until"] else None
    await rows.update_one(key, {"$set": {"failures": [at - by for at in row["failures"]], "locked_until": until}})


async def read_journal(stack: Stack, message_id: str) -> str:
    """All that the journal stores of a command, as text."""
    return str(await stack.worker.dependencies.store.collection("journal").find_one({"_id": message_id}))
