"""Accounts: apply, list, resolve."""

from functools import partial

from contracts.accounts import (
    AccountAction,
    AccountList,
    ApplyAccounts,
    ListAccounts,
    Missing,
    Recipient,
    Recipients,
    ResolveAccounts,
    UserKey,
)
from contracts.user_views import AccountView, UserView
from handlers.handler import Handlers
from handlers.views import account_change_view, user_view
from models.accounts import AccountKey, bind, rebind, unbind
from models.errors.users import UserNotFound
from models.recipients import Audience
from models.store.client import BsonDict
from models.unit_of_work import UnitOfWork
from models.users import Account, User


async def apply_accounts(command: ApplyAccounts, unit: UnitOfWork) -> UserView:
    """Carry out actions on a user's accounts in order, all or none."""
    user = await _get_user(command, unit)
    await unit.integrations.require(action.integration for action in command.actions)
    pairs = [(action.integration, action.account or "") for action in command.actions]
    taken = await unit.accounts.find_taken(pairs, but=user.id)
    for action in command.actions:
        await _apply_action(action, user, taken, unit)
    if unit.emitted:
        await unit.users.save(user)
    return user_view(user)


async def list_accounts(query: ListAccounts, unit: UnitOfWork) -> AccountList:
    """List the accounts of a user, by number."""
    user = await _get_user(query, unit)
    accounts = sorted(user.accounts, key=lambda account: account.account_id)
    return AccountList(user_id=user.id, items=[AccountView(**dict(account)) for account in accounts])


async def resolve_accounts(query: ResolveAccounts, unit: UnitOfWork) -> Recipients:
    """Find one page of recipients and the accounts at which they are notified."""
    audience = Audience(query.user_ids, query.usernames, query.group_ids, query.role_ids)
    page = await unit.recipients.find_page(audience, int(query.after or 0), query.size)
    resolved = [_recipient(row, query.integrations) for row in page.rows]
    missing = [Missing(reason="unknown", user_id=id) for id in page.unknown]
    if query.after is None:
        missing += await _find_unknown(query, unit)
    return Recipients(
        recipients=[one for one in resolved if isinstance(one, Recipient)],
        missing=[*missing, *(one for one in resolved if isinstance(one, Missing))],
        next=None if page.next is None else str(page.next),
    )


async def _get_user(request: UserKey, unit: UnitOfWork) -> User:
    user = await unit.users.find(**request.keys())
    if user is None:
        raise UserNotFound
    return user


async def _apply_action(action: AccountAction, user: User, taken: set[AccountKey], unit: UnitOfWork) -> None:
    name = action.account or ""
    if action.action == "delete":
        return _emit_change("account.unbound", user, unbind(user, action.integration), unit)
    if action.action == "update":
        changed = rebind(user, action.integration, name, taken)
        return _emit_change("account.rebound", user, changed, unit) if changed else None
    number = await unit.counters.reserve_id("accounts")
    account = Account(account_id=number, integration=action.integration, account=name)
    _emit_change("account.bound", user, bind(user, account, taken), unit)


def _emit_change(name: str, user: User, account: Account, unit: UnitOfWork) -> None:
    user.touch()
    unit.emit(name, user, partial(account_change_view, account=account))


def _recipient(row: BsonDict, integrations: list[str]) -> Recipient | Missing:
    accounts = {account["integration"]: account["account"] for account in row["accounts"]}
    name = row["username"] or row["email"] or row["telephone"]
    for integration in integrations:
        if integration in accounts:
            return Recipient(user_id=row["_id"], username=name, integration=integration, account=accounts[integration])
    return Missing(reason="no_account", user_id=row["_id"], username=name)


async def _find_unknown(query: ResolveAccounts, unit: UnitOfWork) -> list[Missing]:
    known = await unit.recipients.find_user_ids(query.usernames)
    integrations = await unit.integrations.find_ids(query.integrations)
    groups = await unit.recipients.find_live("groups", query.group_ids)
    roles = await unit.recipients.find_live("roles", query.role_ids)
    return [
        *(Missing(reason="unknown", username=name) for name in dict.fromkeys(query.usernames) if name not in known),
        *(Missing(reason="unknown", group_id=id) for id in sorted({*query.group_ids} - {*groups})),
        *(Missing(reason="unknown", role_id=id) for id in sorted({*query.role_ids} - {*roles})),
        *(
            Missing(reason="integration.not_found", integration=name)
            for name in dict.fromkeys(query.integrations)
            if name not in integrations
        ),
    ]


HANDLERS: Handlers = {
    "account.apply": apply_accounts,
    "account.list": list_accounts,
    "account.resolve": resolve_accounts,
}
GROUPED = ("account.apply",)
