"""The notifier, the webhooks that it sends to (an HTTP server on the loopback address), a broker without a worker."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aio_pika
import pytest

from devstack.servers import RunningServers
from tests.examples.program import Program, python_program
from tests.support.gateway import Gateway, gateway

TAKEN = {"code": 0, "errcode": 0}  # Lark's word, and DingTalk's


@pytest.fixture
async def webhooks() -> AsyncIterator[Gateway]:
    """Takes every message, as Lark, DingTalk and Slack do."""
    async with gateway((200, TAKEN)) as played:
        yield played


@pytest.fixture
def make_notifier(webhooks: Gateway, tmp_path: Path) -> Callable[[str, int], Program]:
    """The notifier with three webhooks, of a broker and a group."""

    def make(amqp_url: str, group_id: int) -> Program:
        urls = {f"NOTIFY_{name.upper()}_URL": f"{webhooks.url}/{name}" for name in ("lark", "dingtalk", "slack")}
        env = {"USERBUS_AMQP_URL": amqp_url, "NOTIFY_GROUP_ID": str(group_id), "NOTIFY_ANSWER_SECONDS": "1"}
        store = {"NOTIFY_STORE": str(tmp_path / "notify.sqlite")}
        return python_program("notify", env | urls | store, tmp_path / "notify.log")

    return make


@pytest.fixture
async def broker_url(broker: RunningServers) -> str:
    """RabbitMQ where the scripted worker answers, with the exchange of events that a real one would have declared."""
    async with await aio_pika.connect(broker.amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_exchange("userbus.events", aio_pika.ExchangeType.TOPIC, durable=True)
    return broker.amqp_url
