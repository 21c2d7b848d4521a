"""What `userbus topology plan` tells about a broker that is not as declared, and in which order."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from cli.topology.plan import moving_name
from contracts.topology.parts import placeless
from tests.support.patience import PATIENCE
from tests.support.restricted import RestrictedBroker
from tests.support.topology import CLASSIC, declared_queue, planned, replace_queue, run_topology


async def test_a_broker_as_declared_has_nothing_to_do(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    told = (0, "the broker is as declared\n", "")
    assert await run_topology(restricted, "plan") == told
    assert await run_topology(restricted, "apply", "--yes") == told
    status, out, err = await run_topology(restricted, "plan", USERBUS_MANAGEMENT_URL="")
    assert (status, out, "USERBUS_MANAGEMENT_URL" in err) == (0, told[1], True)


async def test_what_is_missing_comes_first_and_what_hands_must_do_last(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    await replace_queue(channel, "userbus.role", CLASSIC)
    await replace_queue(channel, "userbus.sms", placeless(declared_queue("userbus.sms").arguments))
    await channel.queue_delete("userbus.dead")
    await channel.exchange_delete("userbus.events.plain")
    users = await channel.get_queue("userbus.user", ensure=False)
    await users.unbind("userbus.commands", "user.create")
    await users.bind("userbus.commands", "user.*")
    await channel.exchange_delete("userbus.relay")
    await channel.declare_exchange("userbus.relay", ExchangeType.DIRECT, durable=True)
    await channel.declare_queue("userbus.expired", durable=True)
    steps = [
        ("create exchange", "userbus.events.plain"),
        ("create queue", "userbus.dead"),
        ("bind", "userbus.user"),
        ("unbind", "userbus.user"),
        ("remake queue", "userbus.role"),
        ("remake queue", "userbus.sms"),
        ("by hand", "userbus.relay"),
        ("by hand", "userbus.expired"),
    ]
    assert await planned(restricted) == steps
    without = [step for step in steps if step not in {("bind", "userbus.user"), ("unbind", "userbus.user"), steps[-1]}]
    assert await planned(restricted, USERBUS_MANAGEMENT_URL="") == without
    status, _, err = await run_topology(restricted, "apply", "--yes")
    assert (status, err.count("left: "), "userbus.expired" in err) == (1, 2, True)
    await channel.exchange_delete("userbus.relay")
    await channel.queue_delete("userbus.expired")
    assert await planned(restricted) == [("create exchange", "userbus.relay")]


async def test_what_workers_bind_for_webhooks_is_left_as_it_is(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    await replace_queue(channel, "userbus.webhooks", placeless(declared_queue("userbus.webhooks").arguments))
    webhooks = await channel.get_queue("userbus.webhooks", ensure=False)
    for exchange, key in (("userbus.events", "user.created"), ("userbus.events.plain", "user.created")):
        await webhooks.bind(exchange, key)
    assert await planned(restricted) == [("remake queue", "userbus.webhooks"), ("unbind", "userbus.webhooks")]
    events = await channel.get_exchange("userbus.events", ensure=False)
    await events.publish(Message(b"before"), "user.created")
    status, _, err = await run_topology(restricted, "apply", "--yes")
    assert (status, err) == (0, "")
    await events.publish(Message(b"after"), "user.created")
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    tag = await webhooks.consume(arrived.put, no_ack=True)
    async with asyncio.timeout(PATIENCE):
        assert [(await arrived.get()).body for _ in range(2)] == [b"before", b"after"]
    await webhooks.cancel(tag)
    assert await planned(restricted) == []


async def test_another_length_is_another_form(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    longer = {"USERBUS_QUEUE_LENGTH": "200000", "USERBUS_EVENTS_DAYS": "3"}
    steps = await planned(restricted, **longer)
    assert ("remake queue", "userbus.user.queries") in steps
    assert steps[-1] == ("by hand", "userbus.events.log")
    status, _, err = await run_topology(restricted, "plan", USERBUS_QUEUE_LENGTH="long")
    assert (status, "USERBUS_QUEUE_LENGTH" in err) == (1, True)


async def test_an_interrupted_move_is_told(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    role = declared_queue("userbus.role")
    await channel.declare_queue(moving_name(role), durable=True, arguments=dict(role.arguments))
    assert await planned(restricted) == [("remake queue", "userbus.role")]
    assert (await run_topology(restricted, "apply", "--yes"))[0] == 0
    assert await planned(restricted) == []


async def test_who_may_not_or_has_no_way_is_told(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    await replace_queue(channel, "userbus.role", CLASSIC)
    status, _, err = await run_topology(restricted, "apply", "--yes", USERBUS_MANAGEMENT_URL="")
    assert (status, "AMQP alone does not tell" in err) == (1, True)
    status, _, err = await run_topology(restricted, "plan", USERBUS_AMQP_URL=restricted.urls["operator"])
    assert (status, err) == (1, "")  # reading needs the management API alone
    status, _, err = await run_topology(restricted, "apply", "--yes", USERBUS_AMQP_URL=restricted.urls["operator"])
    assert (status, "use the worker's URL" in err) == (1, True)
    wrong = restricted.management_url.replace("admin:", "admin:x")
    status, _, err = await run_topology(restricted, "plan", USERBUS_MANAGEMENT_URL=wrong)
    assert (status, "401" in err) == (1, True)
    await replace_queue(channel, "userbus.role", declared_queue("userbus.role").arguments)


@pytest.mark.parametrize("kind", ["policies", "operator-policies"])
async def test_a_policy_is_told_whoever_has_set_it(
    restricted: RestrictedBroker, channel: AbstractChannel, kind: str
) -> None:
    api = f"{restricted.management_url}/api/{kind}/%2F/"
    shorter = {"pattern": r"^userbus\.events\.log$", "definition": {"max-age": "3D"}}  # as docs/scaling.md has it
    expiring = {"pattern": r"^userbus\.role$", "definition": {"message-ttl": 60_000}}
    policies = {"expiring": expiring} | ({"shorter": shorter} if kind == "policies" else {})
    async with httpx.AsyncClient() as http, AsyncExitStack() as removing:
        for name, policy in policies.items():
            (await http.put(api + name, json=policy)).raise_for_status()
            removing.push_async_callback(http.delete, api + name)
        async with asyncio.timeout(PATIENCE):
            while await planned(restricted) != [("by hand", "userbus.role")]:
                await asyncio.sleep(1)
        _, out, _ = await run_topology(restricted, "plan")
    assert "policy expiring: message-ttl 60000" in out
