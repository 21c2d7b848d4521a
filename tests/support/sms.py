"""What the tests of SMS codes share: numbers, what was sent to them, their stored rows."""

import json
import secrets
from datetime import timedelta
from typing import Any

from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.stack import Stack

WRONG = ("unauthenticated", "sms.code_wrong")


def number() -> str:
    return f"13{secrets.randbelow(10**9):09d}"


def sent(stack: Stack, telephone: str) -> list[str]:
    """The codes that the gateway took for a number, oldest first."""
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()] if stack.sms_log.exists() else []
    return [line["code"] for line in lines if line["telephone"] == telephone]


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def row(stack: Stack, telephone: str) -> dict[str, Any]:
    """The stored row of a number."""
    shared = stack.worker.dependencies
    key = {"number": UnitOfWork(shared).sms_numbers.digest(telephone)}
    found: dict[str, Any] = await shared.store.collection("codes").find_one(key)
    return found


async def backdate(stack: Stack, telephone: str, seconds: float) -> None:
    """Make all that happened to a number older."""
    stored, by = await row(stack, telephone), timedelta(seconds=seconds)
    aged = [{**send, "at": send["at"] - by, "lapses": send["lapses"] - by} for send in stored["sends"]]
    change = {"sends": aged} | ({"expires_at": stored["expires_at"] - by} if stored["expires_at"] else {})
    await stack.worker.dependencies.store.collection("codes").update_one({"_id": stored["_id"]}, {"$set": change})


async def coded(client: Client, stack: Stack) -> tuple[str, str]:
    """A fresh number and the code that it was sent."""
    telephone = number()
    await client.done("sms.send_code", {"telephone": telephone})
    return telephone, sent(stack, telephone)[-1]


async def verdict(client: Client, telephone: str, code: str) -> tuple[str, str]:
    problem = await client.refused("sms.verify_code", {"telephone": telephone, "code": code})
    assert problem["details"] is None
    return problem["kind"], problem["code"]
