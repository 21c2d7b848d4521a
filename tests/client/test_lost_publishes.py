"""A publish whose connection ends without a reason: aiormq fails it with a bare Exception."""

from typing import Any

import pytest
from pamqp.commands import Basic

from client.errors import Unavailable
from client.requests import RequestChannel


class EndedChannel:
    """A channel on which every publish fails."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    async def basic_publish(self, *_: Any, **__: Any) -> None:
        raise self._failure


async def publish(failure: Exception) -> None:
    channel: Any = EndedChannel(failure)
    await RequestChannel(channel, "replies", None).publish("user.get", Basic.Properties(), b"{}")


async def test_a_connection_that_ends_without_a_reason_is_unavailable() -> None:
    with pytest.raises(Unavailable) as raised:
        await publish(Exception())
    assert raised.value.code == "bus.disconnected"


async def test_a_fault_is_no_lost_connection() -> None:
    with pytest.raises(ValueError, match="ours"):
        await publish(ValueError("ours"))
