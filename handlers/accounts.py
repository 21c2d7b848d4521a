"""The accounts family: apply, list, resolve."""

from functools import partial

from contracts.accounts import (
    AccountAction,
    AccountList,
    ApplyAccounts,
    ListAccounts,
    Missing,
    OfUser,
    Recipient,
    Recipients,
    ResolveAccounts,
)
from contracts.users import AccountView, UserView
from handlers.deps import Handlers
from handlers.views import account_changed, user_view
from models.accounts import Pair, bind, rebind, unbind
from models.errors.users import UserNotFound
from models.recipients import Audience
from models.store import Row
from models.unit import Unit
from models.users import Account, User


async def apply_accounts(command: ApplyAccounts, unit: Unit) -> UserView:
    """Carry out the actions in order, all or nothing."""
    user = await _user(command, unit)
    await unit.integrations.require(action.integration for action in command.actions)
    pairs = [(action.integration, action.account or "") for action in command.actions]
    taken = await unit.accounts.taken(pairs, but=user.id)
    for action in command.actions:
        await _apply(action, user, taken, unit)
    if unit.emitted:
        await unit.users.save(user)
    return user_view(user)


async def list_accounts(query: ListAccounts, unit: Unit) -> AccountList:
    """The accounts of one user, by number."""
    user = await _user(query, unit)
    accounts = sorted(user.accounts, key=lambda account: account.account_id)
    return AccountList(user_id=user.id, items=[AccountView(**dict(account)) for account in accounts])


async def resolve_accounts(query: ResolveAccounts, unit: Unit) -> Recipients:
    """A page of whom to notify, and where."""
    audience = Audience(query.user_ids, query.usernames, query.group_ids, query.role_ids)
    reached = await unit.recipients.page(audience, int(query.after or 0), query.size)
    found = [_recipient(row, query.integrations) for row in reached.rows]
    missing = [Missing(reason="unknown", user_id=id) for id in reached.unknown]
    if query.after is None:
        missing += await _unknown(query, unit)
    return Recipients(
        recipients=[one for one in found if isinstance(one, Recipient)],
        missing=[*missing, *(one for one in found if isinstance(one, Missing))],
        next=None if reached.next is None else str(reached.next),
    )


async def _user(named: OfUser, unit: Unit) -> User:
    user = await unit.users.find(**named.keys())
    if user is None:
        raise UserNotFound
    return user


async def _apply(action: AccountAction, user: User, taken: set[Pair], unit: Unit) -> None:
    name = action.account or ""
    if action.action == "delete":
        return _tell("account.unbound", user, unbind(user, action.integration), unit)
    if action.action == "update":
        changed = rebind(user, action.integration, name, taken)
        return _tell("account.rebound", user, changed, unit) if changed else None
    number = await unit.counters.next("accounts")
    account = Account(account_id=number, integration=action.integration, account=name)
    _tell("account.bound", user, bind(user, account, taken), unit)


def _tell(name: str, user: User, account: Account, unit: Unit) -> None:
    user.touch()
    unit.emit(name, user, partial(account_changed, account=account))


def _recipient(row: Row, integrations: list[str]) -> Recipient | Missing:
    accounts = {account["integration"]: account["account"] for account in row["accounts"]}
    name = row["username"] or row["email"] or row["telephone"]
    for integration in integrations:
        if integration in accounts:
            return Recipient(user_id=row["_id"], username=name, integration=integration, account=accounts[integration])
    return Missing(reason="no_account", user_id=row["_id"], username=name)


async def _unknown(query: ResolveAccounts, unit: Unit) -> list[Missing]:
    known = await unit.recipients.known(query.usernames)
    groups = await unit.recipients.live("groups", query.group_ids)
    roles = await unit.recipients.live("roles", query.role_ids)
    return [
        *(Missing(reason="unknown", username=name) for name in dict.fromkeys(query.usernames) if name not in known),
        *(Missing(reason="unknown", group_id=id) for id in sorted({*query.group_ids} - {*groups})),
        *(Missing(reason="unknown", role_id=id) for id in sorted({*query.role_ids} - {*roles})),
    ]


HANDLERS: Handlers = {
    "account.apply": apply_accounts,
    "account.list": list_accounts,
    "account.resolve": resolve_accounts,
}
