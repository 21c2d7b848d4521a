"""Answering how this worker is."""

import os
import socket

from contracts.catalog import FAMILIES
from contracts.health import CheckHealth, HealthView
from handlers.deps import Handlers
from models.unit import Unit


def worker_name() -> str:
    """This process, as it is called in health answers, leases and dead letters."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def check_health(_: CheckHealth, unit: Unit) -> HealthView:
    """Tell who answers and whether the database takes writes."""
    return HealthView(worker=worker_name(), database=unit.shared.store.watch.answer == "primary")


HANDLERS: Handlers = {f"health.{family}": check_health for family in FAMILIES}
