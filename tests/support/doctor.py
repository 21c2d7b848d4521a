"""What `userbus doctor` finds, and what RabbitMQ's management API keeps while it looks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.support.command_line import run_userbus
from tests.support.restricted import RestrictedBroker

Findings = list[dict[str, str]]


async def examine(broker: RestrictedBroker, *words: str, **env: str) -> tuple[int, Findings]:
    """The status, and the findings that are not ok."""
    given = {
        "USERBUS_MANAGEMENT_URL": broker.management_url,
        "USERBUS_SERVICES_FILE": str(broker.services_file),
        **env,
    }
    url = given.pop("USERBUS_AMQP_URL", broker.urls["operator"])
    status, out, err = await run_userbus(url, "doctor", "--json", *words, **given)
    assert err == ""
    return status, [finding for finding in map(json.loads, out.splitlines()) if finding["state"] != "ok"]


def found(findings: Findings, state: str, text: str) -> bool:
    """Whether there is such a finding, with advice."""
    return any(each["state"] == state and text in " ".join(each.values()) and each["advice"] for each in findings)


def wrong(findings: Findings) -> Findings:
    return [each for each in findings if each["state"] == "broken"]


async def settled(broker: RestrictedBroker, name: str, key: str, value: Any) -> None:
    """Wait until the management API tells so of a queue: its figures are some seconds old."""
    parts = urlsplit(broker.management_url)
    login = (parts.username or "", parts.password or "")
    async with asyncio.timeout(60), httpx.AsyncClient(auth=login) as http:
        while True:
            told = await http.get(f"http://{parts.hostname}:{parts.port}/api/queues/%2F/{name}")
            if told.json().get(key) == value:
                return
            await asyncio.sleep(0.5)


@asynccontextmanager
async def put(broker: RestrictedBroker, path: str, content: Any) -> AsyncIterator[None]:
    """Something that the management API keeps, while the block runs."""
    parts = urlsplit(broker.management_url)
    api = f"http://{parts.hostname}:{parts.port}/api/{path}"
    async with httpx.AsyncClient(auth=(parts.username or "", parts.password or "")) as http:
        (await http.put(api, json=content)).raise_for_status()
        yield
        (await http.delete(api)).raise_for_status()


def earlier_user(broker: RestrictedBroker, name: str) -> AbstractAsyncContextManager[None]:
    """A RabbitMQ user as earlier definitions had it, while the block runs."""
    return put(broker, f"users/{name}", {"password": "x", "tags": ""})
