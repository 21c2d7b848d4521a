"""Events as they come, in the console."""

import asyncio
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from pydantic import SecretStr

from bridge.app import create_app
from bridge.settings import Settings
from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Visitor, create_root
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE
from tests.support.stack import Stack, without_heartbeat


async def read_until(visitor: Visitor, path: str, words: str) -> str:
    """The part once it has these words."""
    async with asyncio.timeout(PATIENCE):
        while words not in (part := await visitor.read(path)):
            await asyncio.sleep(0.1)
    return part


async def test_events_show_as_they_come_with_the_way_to_their_command(
    operator: SignedInOperator, client: Client
) -> None:
    page = await operator.visitor.read("/events?name=user.")
    assert 'data-live="/console/events/live?name=user.&amp;subject="' in page
    key = uuid4().hex
    user = await client.done("user.create", {"username": f"u_{key}"}, message_id=key, headers={"x-actor": "<b>x</b>"})
    part = await read_until(operator.visitor, f"/events/live?subject=user/{user['id']}", f"user/{user['id']}</td>")
    assert "<html" not in part
    assert '<td data-label="Event">user.created</td>' in part
    assert f'<a href="/console/audit?message_id={key}">' in part
    assert "&lt;b&gt;x&lt;/b&gt;" in part
    other = await operator.visitor.read(f"/events/live?subject=user/{user['id']}&name=role.")
    assert "There are none" in other
    await client.done("user.update", {"id": user["id"], "company": "Navy"})
    await read_until(operator.visitor, f"/events/live?subject=user/{user['id']}", "user.updated")


async def test_a_user_s_page_leads_to_the_events_of_that_user_alone(operator: SignedInOperator, client: Client) -> None:
    user = await client.done("user.create", {"username": f"u_{uuid4().hex}"})
    path = f"/events?subject=user%2F{user['id']}"
    assert f'<a href="/console{path}">' in await operator.visitor.read(f"/users/{user['id']}")
    other = await client.done("user.create", {"id": int(f"{user['id']}0"), "username": f"u_{uuid4().hex}"})
    await read_until(operator.visitor, "/events?subject=user/", f"user/{other['id']}</td>")
    part = await read_until(operator.visitor, path, f"user/{user['id']}</td>")
    assert f"user/{other['id']}</td>" not in part


async def test_a_log_that_cannot_be_read_is_told_and_not_shown_as_empty(stack: Stack, client: Client) -> None:
    place = urlsplit(stack.amqp_url)
    nobody = urlunsplit(place._replace(netloc=f"nobody:wrong@{place.hostname}:{place.port}"))
    amqp_url, root = without_heartbeat(stack.amqp_url), await create_root(client)
    app = create_app(
        Settings(amqp_url=amqp_url, bridge_timeout=PATIENCE, console=True, console_broker_amqp_url=SecretStr(nobody))
    )
    async with serve(app, lifespan="on") as url, http_client(url) as http:
        visitor = Visitor(http)
        await visitor.sign_in(root["username"])
        part = await read_until(visitor, "/events/live", "The log of events cannot be read")
    assert "ACCESS_REFUSED" in part
    assert "There are none" not in part


async def test_a_stranger_sees_no_events(stranger: Visitor) -> None:
    for path in ("/events", "/events/live"):
        answer = await stranger.http.get(f"/console{path}")
        assert (answer.status_code, "user/" in answer.text) == (303, False)
