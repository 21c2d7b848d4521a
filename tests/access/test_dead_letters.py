"""`userbus dead` where callers are checked."""

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.dead_letters import add_dead_letters


async def test_the_operators_user_is_told_whose_is_needed(urls: dict[str, str]) -> None:
    async with Client(urls["worker"]) as worker:
        (id,) = await add_dead_letters(worker, 1)
        status, out, err = await run_userbus(urls["operator"], "dead", "list")
        assert (status, out, "needs the worker's RabbitMQ user" in err) == (1, "", True), err
        assert id in (await run_userbus(urls["worker"], "dead", "list"))[1]
        await (await worker.channel.get_queue("userbus.dead", ensure=False)).purge()
