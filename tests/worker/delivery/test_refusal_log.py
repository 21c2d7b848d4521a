"""Refused commands that nobody waits for leave a line in the log."""

from uuid import uuid4

from structlog.testing import capture_logs

from tests.support.client import Client


async def test_a_refused_command_that_nobody_waits_for_leaves_one_line_without_its_body(client: Client) -> None:
    events, taken = await client.events("command.refused"), f"user_{uuid4().hex[:10]}"
    await client.done("user.create", {"username": taken})
    broken_rule, wrong_field, waited_for = (uuid4().hex for _ in range(3))
    told = set[str]()
    with capture_logs() as logs:
        for _ in range(2):
            await client.send("user.create", {"username": taken}, message_id=broken_rule, app_id="billing")
        await client.send("user.create", {"username": 5}, message_id=wrong_field, app_id="billing")
        await client.refused("user.create", {"username": taken}, message_id=waited_for)
        while not told >= {broken_rule, wrong_field}:
            told.add((await events.next())["data"]["message_id"])
        await client.done("user.create", {"username": f"user_{uuid4().hex[:10]}"})
    lines = [line for line in logs if line["event"] == "command refused"]
    assert sorted((line["code"], line["message_id"]) for line in lines) == [
        ("message.invalid", wrong_field),
        ("user.username_taken", broken_rule),
    ]
    assert {line["app_id"] for line in lines} == {"billing"}
    assert taken not in str(lines)
