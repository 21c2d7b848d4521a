"""Dead letters that the broker could deliver to nobody: the others are handled, these are told and can be removed."""

from datetime import UTC, datetime

import aio_pika
import pytest

from dead_letters.job import remove_undeliverable
from dead_letters.queue import DeadLetterQueue
from tests.support.client import Client
from tests.support.dead_letters import add_dead_letters, handled_ids, read_log, read_waiting_ids, run_dead
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")


async def test_they_are_told_and_removed_and_the_others_stay(client: Client, stack: Stack) -> None:
    since = datetime.now(UTC)
    (letter,) = await add_dead_letters(client, 1)
    exchange = await client.channel.get_exchange("userbus.dead.undeliverable", ensure=False)
    for _ in range(3):
        await exchange.publish(aio_pika.Message(b"?"), "user.create")
    listed = await run_dead(stack.amqp_url, "list")
    assert (letter in listed.stdout, "3 more cannot be delivered" in listed.stderr) == (True, True)
    removed = await run_dead(stack.amqp_url, "drop-undeliverable", "--yes")
    assert (removed.exit_code, removed.stdout, removed.stderr) == (0, "3 dropped\n", "")
    assert (await client.counted("userbus.dead.undeliverable"))[0] == 0
    assert await read_waiting_ids(stack.amqp_url) == [letter]
    assert handled_ids(await read_log(stack.amqp_url, since)) == ["undeliverable"] * 3
    assert (await run_dead(stack.amqp_url, "drop-undeliverable", "--yes")).stdout == "0 dropped\n"


class LostConnection(DeadLetterQueue):
    """A queue whose connection is lost while what cannot be delivered is removed."""

    async def purge_undeliverable(self) -> int:
        raise ConnectionError


async def test_who_removes_them_is_recorded_before_they_are_gone(stack: Stack) -> None:
    since = datetime.now(UTC)
    async with LostConnection(stack.amqp_url) as queue:
        with pytest.raises(ConnectionError):
            await remove_undeliverable(queue, "operator:ada@here")
    (entry,) = await read_log(stack.amqp_url, since)
    assert (entry["verb"], entry["by"]) == ("drop-undeliverable", "operator:ada@here")
