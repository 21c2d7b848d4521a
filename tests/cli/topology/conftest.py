"""A broker with its management API, and ways to bring a queue into another form."""

from collections.abc import AsyncIterator, Iterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from tests.support.restricted import RestrictedBroker, restricted_rabbitmq
from worker.bus.topology import declare


@pytest.fixture(scope="package")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestrictedBroker]:
    with restricted_rabbitmq(tmp_path_factory.mktemp("restricted")) as broker:
        yield broker


@pytest.fixture
async def channel(restricted: RestrictedBroker) -> AsyncIterator[AbstractChannel]:
    """On a broker that is as declared, before and after."""
    await declare(restricted.urls["worker"], 100_000, 7)
    async with await aio_pika.connect(restricted.urls["worker"]) as connection:
        yield await connection.channel()
