"""Accounts of users: a user has at most one per integration, an (integration, account) pair has at most one user."""

from collections.abc import Container, Iterable

from models.errors.accounts import AccountNotFound, AccountTaken
from models.store.client import BsonDict, Store
from models.store.scope import StoreScope
from models.users import Account, User

AccountKey = tuple[str, str]


def bind(user: User, account: Account, taken: Container[AccountKey]) -> Account:
    """Add an account. Raises `AccountTaken` if it is `taken` or the user has another one of its integration."""
    if (account.integration, account.account) in taken:
        raise AccountTaken
    if any(each.integration == account.integration for each in user.accounts):
        raise AccountTaken
    user.accounts.append(account)
    return account


def rebind(user: User, integration: str, name: str, taken: Container[AccountKey]) -> Account | None:
    """Change the name of an account, which keeps its number; return None if that changes nothing.

    Raises `AccountNotFound`, or `AccountTaken` if the name is `taken`.
    """
    account = _find_account(user, integration)
    if (integration, name) in taken:
        raise AccountTaken
    if account.account == name:
        return None
    account.account = name
    return account


def unbind(user: User, integration: str) -> Account:
    """Remove an account. Raises `AccountNotFound`."""
    account = _find_account(user, integration)
    user.accounts.remove(account)
    return account


def _find_account(user: User, integration: str) -> Account:
    for account in user.accounts:
        if account.integration == integration:
            return account
    raise AccountNotFound


class AccountRepository:
    """Find accounts across all users; soft-deleted users keep theirs."""

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._rows = store.collection("users")
        self._scope = scope

    async def find_taken(self, pairs: Iterable[AccountKey], but: int | None = None) -> set[AccountKey]:
        """Return which of the (integration, account) pairs belong to a user other than `but`."""
        wanted = set(pairs)
        if not wanted:
            return set()
        rows = self._rows.find(
            _holders_filter(wanted, but), {"accounts": 1}, session=await self._scope.read_session("users")
        )
        taken = {(account["integration"], account["account"]) async for row in rows for account in row["accounts"]}
        return taken & wanted


def _holders_filter(pairs: set[AccountKey], but: int | None) -> BsonDict:
    names: dict[str, list[str]] = {}
    for integration, account in sorted(pairs):
        names.setdefault(integration, []).append(account)
    # $elemMatch: one account must match both fields; $exists: MongoDB uses the partial index only with it
    holders = [
        {"accounts": {"$elemMatch": {"integration": integration, "account": {"$in": names[integration]}}}}
        for integration in names
    ]
    return {"accounts.account": {"$exists": True}, "_id": {"$ne": but}, "$or": holders}
