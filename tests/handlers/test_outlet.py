"""A connection for publishing, asked again and again for as long as a worker lives."""

import gc

from devstack.servers import RunningServers
from handlers.outlet import Outlet
from tests.client import Client


async def test_looking_into_a_queue_ten_thousand_times_a_day_leaves_nothing_behind(
    running: RunningServers, client: Client
) -> None:
    async with Outlet(running.amqp_url, "outlet", confirms=True) as outlet:

        async def kept(looks: int) -> int:
            for _ in range(looks):
                assert await outlet.depth("userbus.user") >= (0, 1)
                assert await outlet.depth("no such queue") == (0, 0)
            gc.collect()
            return len(gc.get_objects())

        before = await kept(20)
        assert await kept(200) < before + 400


async def test_what_a_look_closes_is_not_the_channel_that_publishes(running: RunningServers) -> None:
    async with Outlet(running.amqp_url, "outlet", confirms=True) as outlet:
        publishing = outlet.channel
        assert await outlet.depth("no such queue") == (0, 0)
        assert outlet.channel is publishing
        assert outlet.connected
