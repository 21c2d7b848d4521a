"""The official CloudEvents SDKs read our events."""

from uuid import uuid4

from tests.official_tools.tools import Tools
from tests.support.client import Client


async def test_the_javascript_sdk_reads_an_event(tools: Tools, client: Client) -> None:
    events = await client.events("user.created")
    user = await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
    [event] = await events.about(f"user/{user['id']}", 1)
    seen = await tools.run_node("parse_event.mjs", tools.write("event.json", event))
    assert seen == {key: event[key] for key in ("id", "type", "subject", "sequence", "data")}
