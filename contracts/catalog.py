"""Every name that travels on the bus: its type, its reply, the family whose queue serves it."""

from dataclasses import dataclass

from contracts import (
    accounts,
    apps,
    auth,
    groups,
    health,
    imports,
    integrations,
    refusals,
    resource_types,
    resources,
    roles,
    sessions,
    sms,
    tenants,
    tokens,
    users,
)
from contracts.base import Command, Events, Message, Requests, View

COMMANDS_EXCHANGE = "userbus.commands"
EVENTS_EXCHANGE = "userbus.events"
EVENTS_LOG = "userbus.events.log"
DEAD = "userbus.dead"
DEAD_LOG = "userbus.dead.log"

FAMILIES = {
    "user": ("user.*",),
    "account": ("account.*", "integration.*"),
    "role": ("role.*", "group.*", "resource.*", "resource_type.*", "app.*"),
    "auth": ("auth.*", "session.*", "token.*", "tenant.*"),
    "sms": ("sms.*",),
}
MAX_BODY = 64 * 1024
MAX_IMPORT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: `name` is routing key and `type`; `message` its body; `reply` the `data` of a done reply."""

    name: str
    message: type[Message]
    reply: type[View]
    family: str

    @property
    def is_command(self) -> bool:
        """Whether it is journalled and needs a message_id."""
        return issubclass(self.message, Command)

    @property
    def max_body(self) -> int:
        """The longest body in bytes."""
        return MAX_IMPORT if self.name.endswith(".import") else MAX_BODY


def queue(family: str) -> str:
    """The name of a family's queue."""
    return f"userbus.{family}"


def patterns(family: str) -> tuple[str, ...]:
    """The routing keys that a family's queue is bound with."""
    return (*FAMILIES[family], f"health.{family}")


def _family(name: str) -> str:
    noun = name.split(".", maxsplit=1)[0]
    return next(family for family, keys in FAMILIES.items() if f"{noun}.*" in keys)


def _entries() -> dict[str, Entry]:
    requests: Requests = {
        **apps.REQUESTS,
        **groups.REQUESTS,
        **roles.REQUESTS,
        **resources.REQUESTS,
        **resource_types.REQUESTS,
        **users.REQUESTS,
        **accounts.REQUESTS,
        **integrations.REQUESTS,
        **imports.REQUESTS,
        **tokens.REQUESTS,
        **auth.REQUESTS,
        **sessions.REQUESTS,
        **tenants.REQUESTS,
        **sms.REQUESTS,
    }
    served = {name: Entry(name, *types, _family(name)) for name, types in requests.items()}
    probes = (Entry(f"health.{f}", health.CheckHealth, health.HealthView, f) for f in FAMILIES)
    return served | {probe.name: probe for probe in probes}


CATALOG = _entries()
EVENTS: Events = {
    **apps.EVENTS,
    **groups.EVENTS,
    **roles.EVENTS,
    **resources.EVENTS,
    **resource_types.EVENTS,
    **users.EVENTS,
    **accounts.EVENTS,
    **integrations.EVENTS,
    **tokens.EVENTS,
    **auth.EVENTS,
    **sessions.EVENTS,
    **sms.EVENTS,
    **refusals.EVENTS,
}
