"""One restricted RabbitMQ with a worker, for the tests of this folder."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from devstack.servers import RunningServers
from tests.support.restricted import RestrictedBroker, restricted_rabbitmq
from tests.support.stack import fresh_database, settings, without_heartbeat
from worker.app import Worker, run_worker


@pytest.fixture(scope="session")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestrictedBroker]:
    """A RabbitMQ with the generated users alone."""
    if os.environ.get("USERBUS_AMQP_URL"):
        pytest.skip("needs a RabbitMQ of its own: unset USERBUS_AMQP_URL")
    with restricted_rabbitmq(tmp_path_factory.mktemp("restricted")) as broker:
        yield broker


@pytest.fixture(scope="session")
async def restricted_worker(running: RunningServers, restricted: RestrictedBroker) -> AsyncIterator[Worker]:
    """A worker with the worker's user, which requires callers."""
    required = {"require_caller": True, "services_file": restricted.services_file}
    changed = {
        **required,
        "amqp_url": without_heartbeat(restricted.urls["worker"]),
        "mongo_url": fresh_database(running.mongo_url),
    }
    async with run_worker(settings(running, **changed)) as worker:
        yield worker


@pytest.fixture
def urls(restricted: RestrictedBroker, restricted_worker: Worker) -> dict[str, str]:
    """Each user's URL, while the worker runs."""
    return {**restricted.urls}
