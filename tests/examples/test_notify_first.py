"""examples/notify where userbus has never run: it waits, and loses nothing."""

from collections.abc import Callable

import aio_pika

from devstack.servers import RunningServers
from tests.examples.own_queues import own_queues
from tests.examples.program import Program
from tests.support.gateway import Gateway
from tests.support.scripted_worker import done_reply, forget_workers, run_scripted_worker

EVENT = b'{"id": "1", "type": "userbus.user.created.v1", "subject": "user/1", "data": {"id": 1, "username": "ada"}}'
RECIPIENT = {"user_id": 1, "username": "ada", "integration": "slack", "account": "U1"}
PAGE = {"recipients": [RECIPIENT], "missing": [], "next": None}


async def test_an_event_waits_until_there_is_somebody_to_ask(
    restartable: RunningServers, make_notifier: Callable[[str, int], Program], webhooks: Gateway
) -> None:
    url = restartable.amqp_url
    await forget_workers(url)
    async with own_queues(url, "notify") as queues, make_notifier(url, 7) as notifier:
        await queues.channel.exchange_delete("userbus.events")
        await notifier.start("connecting again")
        for name in ("userbus.events", "userbus.commands"):
            await queues.channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        await notifier.wait_said("waiting for events")
        await queues.give(EVENT)
        await notifier.wait_said("no queue takes it")
        async with run_scripted_worker(url) as worker:
            worker.set_reply("account.resolve", done_reply(PAGE))
            await webhooks.arrived(1)
        assert await notifier.stop() == 0
        await queues.wait_empty()
