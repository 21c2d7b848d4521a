"""A bridge with the console on the whole stack, and visitors of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bridge.app import create_app
from bridge.settings import Settings
from tests.support.client import Client
from tests.support.console import Visitor, create_root
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE
from tests.support.stack import Stack, without_heartbeat


@dataclass(frozen=True)
class SignedInOperator:
    """A root user who is signed in to the console."""

    user: dict[str, Any]
    visitor: Visitor

    @property
    def actor(self) -> str:
        """As the audit trail names the operator."""
        return f"user:{self.user['id']}"


@pytest.fixture(scope="session")
async def console_url(stack: Stack) -> AsyncIterator[str]:
    """The URL of a bridge with the console."""
    app = create_app(Settings(amqp_url=without_heartbeat(stack.amqp_url), bridge_timeout=PATIENCE, console=True))
    async with serve(app, lifespan="on") as url:
        yield url


@pytest.fixture
async def stranger(console_url: str) -> AsyncIterator[Visitor]:
    """Who is not signed in."""
    async with http_client(console_url) as http:
        yield Visitor(http)


@pytest.fixture
async def operator(console_url: str, client: Client) -> AsyncIterator[SignedInOperator]:
    """A new root user, signed in."""
    async with http_client(console_url) as http:
        user, visitor = await create_root(client), Visitor(http)
        assert (await visitor.sign_in(user["username"])).status_code == 303
        yield SignedInOperator(user, visitor)
