"""Health checks of a worker."""

import os
import socket

from contracts.catalog import FAMILIES
from contracts.health import CheckHealth, HealthView
from handlers.handler import Handlers
from models.unit_of_work import UnitOfWork


def worker_name() -> str:
    """The name of this process in health replies, leases and dead letters."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def check_health(_: CheckHealth, unit: UnitOfWork) -> HealthView:
    """Report the name of this worker and whether the database has a primary."""
    return HealthView(worker=worker_name(), database=unit.dependencies.store.availability.answer == "primary")


HANDLERS: Handlers = {f"health.{family}": check_health for family in FAMILIES}
