"""Replacing all accounts of a user at once, also those of a new user."""

from collections.abc import Sequence
from functools import partial

from contracts.users import NewAccount
from handlers.views import account_change_view
from models.unit_of_work import UnitOfWork
from models.users import Account, User


async def build_accounts(wanted: Sequence[NewAccount], existing: Sequence[Account], unit: UnitOfWork) -> list[Account]:
    """Build the wanted accounts; each keeps the number and the place of an existing one at the same integration.

    New ones come after these as they are given: accounts are a set, whose order is no change.
    """
    numbers = {account.integration: account.account_id for account in existing}
    places = {integration: place for place, integration in enumerate(numbers)}
    return [
        Account(
            account_id=numbers.get(each.integration) or await unit.counters.reserve_id("accounts"),
            integration=each.integration,
            account=each.account,
        )
        for each in sorted(wanted, key=lambda each: places.get(each.integration, len(places)))
    ]


def emit_account_changes(user: User, before: Sequence[Account], unit: UnitOfWork) -> None:
    """Emit the changes of the user's accounts since they were `before`: unbound, rebound, bound."""
    old, new = ({account.integration: account for account in accounts} for accounts in (before, user.accounts))
    changes = [
        *(("account.unbound", old[name]) for name in old if name not in new),
        *(("account.rebound", new[name]) for name in new if name in old and old[name] != new[name]),
        *(("account.bound", new[name]) for name in new if name not in old),
    ]
    for event, account in changes:
        unit.emit(event, user, partial(account_change_view, account=account))
