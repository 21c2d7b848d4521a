"""Every request's handler: the nouns' tables in one."""

from handlers import (
    accounts,
    apps,
    auth,
    groups,
    health,
    imports,
    integrations,
    passwords,
    registration,
    resource_types,
    resources,
    roles,
    sessions,
    sms,
    tenants,
    tokens,
    users,
)
from handlers.deps import Handlers
from handlers.senders.delivery import Delivery

HANDLERS: Handlers = {
    **users.HANDLERS,
    **accounts.HANDLERS,
    **apps.HANDLERS,
    **groups.HANDLERS,
    **roles.HANDLERS,
    **resources.HANDLERS,
    **resource_types.HANDLERS,
    **integrations.HANDLERS,
    **imports.HANDLERS,
    **tokens.HANDLERS,
    **auth.HANDLERS,
    **passwords.HANDLERS,
    **registration.HANDLERS,
    **sessions.HANDLERS,
    **tenants.HANDLERS,
    **health.HANDLERS,
}


def catalog(delivery: Delivery | None) -> Handlers:
    """The handlers of a worker that sends codes by `delivery`, or by none while SMS is off."""
    return {**HANDLERS, **sms.handlers(delivery)}
