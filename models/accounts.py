"""Accounts of users: one an integration, one user an (integration, account) pair."""

from collections.abc import Container, Iterable

from models.errors.accounts import AccountNotFound, AccountTaken
from models.repository import Session
from models.store import Row, Store
from models.users import Account, User

Pair = tuple[str, str]


def bind(user: User, account: Account, taken: Container[Pair]) -> Account:
    """Add an account. Raises `AccountTaken` where the user has one of that integration, or another user this one."""
    if (account.integration, account.account) in taken:
        raise AccountTaken
    if any(held.integration == account.integration for held in user.accounts):
        raise AccountTaken
    user.accounts.append(account)
    return account


def rebind(user: User, integration: str, name: str, taken: Container[Pair]) -> Account | None:
    """Change an account, which keeps its number; None where that changes nothing.

    Raises `AccountNotFound`, or `AccountTaken` where another user has it.
    """
    held = _held(user, integration)
    if (integration, name) in taken:
        raise AccountTaken
    if held.account == name:
        return None
    held.account = name
    return held


def unbind(user: User, integration: str) -> Account:
    """Remove an account. Raises `AccountNotFound`."""
    held = _held(user, integration)
    user.accounts.remove(held)
    return held


def _held(user: User, integration: str) -> Account:
    for account in user.accounts:
        if account.integration == integration:
            return account
    raise AccountNotFound


class Accounts:
    """Looks accounts up across all users, soft-deleted ones included: they keep theirs."""

    def __init__(self, store: Store, session: Session) -> None:
        self._rows = store.collection("users")
        self._session = session

    async def taken(self, pairs: Iterable[Pair], but: int | None = None) -> set[Pair]:
        """Which of the (integration, account) pairs belong to a user, the user `but` left aside."""
        asked = set(pairs)
        if not asked:
            return set()
        rows = self._rows.find(_any(asked, but), {"accounts": 1}, session=await self._session())
        held = {(account["integration"], account["account"]) async for row in rows for account in row["accounts"]}
        return held & asked


def _any(pairs: set[Pair], but: int | None) -> Row:
    names: dict[str, list[str]] = {}
    for integration, account in sorted(pairs):
        names.setdefault(integration, []).append(account)
    # one array element must hold both, and `$exists` is what lets the partial index serve
    held = [
        {"accounts": {"$elemMatch": {"integration": integration, "account": {"$in": names[integration]}}}}
        for integration in names
    ]
    return {"accounts.account": {"$exists": True}, "_id": {"$ne": but}, "$or": held}
