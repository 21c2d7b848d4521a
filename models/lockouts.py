"""Failed sign-ins, counted in the database for all workers: locking at one door, growing delays at the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from pymongo.errors import DuplicateKeyError

from models.conditions import fold
from models.document import Document, now
from models.errors.auth import AuthLocked, BadCredentials
from models.errors.base import TryAgain
from models.keys import Keys
from models.repository import Repository, Session
from models.store import Store

FREE = 3
FIRST_DELAY = 0.1
LONGEST_DELAY = 3.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How many failures count in a sliding window, and for how long the last one locks, if it does."""

    window: timedelta
    most: int
    locked: timedelta | None = None


LOCKING = Rule(timedelta(minutes=5), 5, timedelta(minutes=5))
SLOWING = Rule(timedelta(hours=1), 100)


class Lockout(Document):
    """Failures at one identifier as typed, or at one account; its id is a keyed digest that names neither."""

    noun: ClassVar[str] = "lockout"
    realm: str
    user_id: int | None
    locking: bool
    failures: list[datetime] = []
    locked_until: datetime | None = None
    expires_at: datetime

    @property
    def subject(self) -> str:
        """One a row, since the counter of the same identifier may begin anew: sequences never repeat."""
        return f"{self.noun}/{self.id}.{int(self.created_at.timestamp() * 1000)}"

    @property
    def rule(self) -> Rule:
        """The rule that it is counted by."""
        return LOCKING if self.locking else SLOWING

    @property
    def recent(self) -> list[datetime]:
        """The failures that still count."""
        return [at for at in self.failures if at > now() - self.rule.window]

    @property
    def delay(self) -> float:
        """Seconds by which the answer to the latest failure is held back."""
        tries = len(self.failures) - FREE
        return 0.0 if self.locking or tries <= 0 else min(FIRST_DELAY * 2 ** min(tries - 1, 16), LONGEST_DELAY)

    def refuse(self) -> None:
        """Raise `AuthLocked` while locked, `BadCredentials` where an hour's failures are used up."""
        left = (self.locked_until - now()).total_seconds() if self.locked_until else 0.0
        if left > 0:
            raise AuthLocked(details={"retry_after": int(left) + 1})
        if not self.locking and len(self.recent) >= self.rule.most:
            raise BadCredentials(details={"delay": LONGEST_DELAY})

    def fail(self) -> bool:
        """Count a failure; whether it locks."""
        self.failures = [*self.recent, now()]
        self.expires_at = now() + self.rule.window
        locks = self.rule.locked is not None and len(self.failures) >= self.rule.most
        self.locked_until = now() + self.rule.locked if locks and self.rule.locked else None
        return locks


class Lockouts(Repository[Lockout]):
    """The counters' rows; MongoDB drops them once nothing in them counts."""

    collection: ClassVar[str] = "lockouts"
    document = Lockout
    missing = BadCredentials

    def __init__(self, store: Store, session: Session, keys: Keys) -> None:
        super().__init__(store, session)
        self._keys = keys

    def fresh(self, realm: str, locking: bool, login: str, user_id: int | None) -> Lockout:
        """The counter of this attempt, with nothing counted: by identifier as typed where that locks, else by account.

        An unknown user has a counter by identifier at every door, so that it is answered like a known one.
        """
        number = self._keys.number("lockout", self._typed(login) if locking else self._account(user_id, login))
        return Lockout(id=number, realm=realm, user_id=user_id, locking=locking, expires_at=now())

    async def admit(self, fresh: Lockout) -> None:
        """Raise as `Lockout.refuse` does, where too much has been counted."""
        found = await self.find(id=fresh.id)
        if found is not None:
            found.refuse()

    async def clear(self, fresh: Lockout) -> None:
        """Forget the failures after a success, unless enough others have come in between. Raises as `admit` does."""
        row = await self.rows.find_one_and_delete({"_id": fresh.id}, session=await self.session())
        if row is not None:
            Lockout.from_row(row).refuse()

    async def counted(self, fresh: Lockout) -> Lockout:
        """The counter as stored, or the fresh one. Raises as `admit` does."""
        found = await self.find(id=fresh.id)
        if found is not None:
            found.refuse()
        return found or fresh

    async def save(self, lockout: Lockout) -> None:
        """Store the counter."""
        session = await self.session()
        try:
            await self.rows.replace_one({"_id": lockout.id}, lockout.to_row(), upsert=True, session=session)
        except DuplicateKeyError as error:
            raise TryAgain from error

    async def forget(self, user_id: int, logins: Iterable[str]) -> None:
        """Drop a user's counter, and lift the locks of these identifiers."""
        names = [self._account(user_id, ""), *(self._typed(login) for login in logins)]
        ids = [self._keys.number("lockout", name) for name in names]
        await self.rows.delete_many({"_id": {"$in": ids}}, session=await self.session())

    def _typed(self, login: str) -> str:
        return f"typed:{fold(login)}"

    def _account(self, user_id: int | None, login: str) -> str:
        return f"user:{user_id}" if user_id is not None else f"unknown:{fold(login)}"
