"""Accounts given as a whole: with a new user, or in place of those that a user has."""

from collections.abc import Sequence
from functools import partial

from contracts.users import AccountGiven
from handlers.views import account_changed
from models.unit import Unit
from models.users import Account, User


async def accounts_of(given: Sequence[AccountGiven], held: Sequence[Account], unit: Unit) -> list[Account]:
    """The accounts given; one at an integration where the user `held` one keeps its number."""
    numbers = {account.integration: account.account_id for account in held}
    return [
        Account(
            account_id=numbers.get(one.integration) or await unit.counters.next("accounts"),
            integration=one.integration,
            account=one.account,
        )
        for one in given
    ]


def tell_accounts(user: User, before: Sequence[Account], unit: Unit) -> None:
    """Emit what has become of the user's accounts since they were `before`: unbound, rebound, bound."""
    was, now = ({account.integration: account for account in held} for held in (before, user.accounts))
    told = [
        *(("account.unbound", was[name]) for name in was if name not in now),
        *(("account.rebound", now[name]) for name in now if name in was and was[name] != now[name]),
        *(("account.bound", now[name]) for name in now if name not in was),
    ]
    for event, account in told:
        unit.emit(event, user, partial(account_changed, account=account))
