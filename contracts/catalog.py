"""The catalogue: every request and event by name, collected from the modules of this package.

A module of a noun declares `FAMILY`, `REQUESTS` (the class of each name) and `EVENTS` (the view of each name).
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, get_args

from contracts import health
from contracts.base import Events, Family, Request
from contracts.entry import Entry

COMMANDS_EXCHANGE = "userbus.commands"
EVENTS_EXCHANGE = "userbus.events"
PLAIN_EVENTS_EXCHANGE = "userbus.events.plain"
EVENTS_LOG = "userbus.events.log"
SUBJECT_HEADER = "cloudEvents_subject"  # as CloudEvents' binding to AMQP names the attribute
UNKNOWN = "userbus.unknown"
WEBHOOKS = "userbus.webhooks"
DEAD = "userbus.dead"
DEAD_LETTERS = "userbus.dead.letters"
DEAD_INCOMING = "userbus.dead.incoming"
DEAD_UNDELIVERABLE = "userbus.dead.undeliverable"
DEAD_LOG = "userbus.dead.log"

FAMILIES: tuple[str, ...] = get_args(Family)


def names(family: str, *, commands: bool) -> list[str]:
    """The names of a family's commands, or of its queries: the routing keys that bind its queues."""
    return [entry.name for entry in CATALOG.values() if entry.family == family and entry.is_command == commands]


def _modules() -> Iterator[ModuleType]:
    for found in iter_modules([str(Path(__file__).parent)]):
        yield import_module(f"{__name__.rpartition('.')[0]}.{found.name}")


def _entries() -> dict[str, Entry]:
    served = (
        Entry(name, request, module.FAMILY)
        for module in _modules()
        for name, request in getattr(module, "REQUESTS", {}).items()
    )
    probes = (Entry(f"health.{family}", health.CheckHealth, family) for family in FAMILIES)
    return {entry.name: entry for entry in (*served, *probes)}


def _events() -> Events:
    return {name: view for module in _modules() for name, view in getattr(module, "EVENTS", {}).items()}


CATALOG = _entries()
EVENTS = _events()
_NAMES = {entry.message: entry.name for entry in CATALOG.values()}


def name_of(request: Request[Any]) -> str:
    """The name of a request. Raises KeyError if its type is not in the catalogue."""
    return _NAMES[type(request)]
