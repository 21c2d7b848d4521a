"""An acknowledgement on a connection that ends without a reason, for which aiormq raises a bare Exception."""

from unittest.mock import AsyncMock

from aio_pika.abc import AbstractIncomingMessage

from client.subscription import _acknowledge


async def test_it_is_no_error_for_who_reads_events() -> None:
    message = AsyncMock(AbstractIncomingMessage)
    message.ack.side_effect = Exception()
    await _acknowledge(message)
    assert message.ack.await_count == 1
