"""Failed sign-ins, counted for all workers together: some realms lock, the others answer with growing delays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from models.errors.auth import AuthLocked, BadCredentials
from models.errors.base import TryAgain
from models.login_identifiers import LoginKeys
from models.secrets.keys import Keys
from models.store.client import Store
from models.store.document import Document, now
from models.store.driver_errors import translate_duplicate
from models.store.repository import Repository
from models.store.scope import StoreScope

FREE = 3
FIRST_DELAY = 0.1
LONGEST_DELAY = 3.0


@dataclass(frozen=True, slots=True)
class LockoutRule:
    """How many failures within a sliding window are too many, and for how long they lock, if they do."""

    window: timedelta
    max_failures: int
    lock: timedelta | None = None


LOCKING = LockoutRule(timedelta(minutes=5), 5, timedelta(minutes=5))
SLOWING = LockoutRule(timedelta(hours=1), 100)


def delay_after(failures: int) -> float:
    """By how many seconds the reply to the latest of so many failures is delayed."""
    tries = failures - FREE
    return 0.0 if tries <= 0 else min(FIRST_DELAY * 2 ** min(tries - 1, 16), LONGEST_DELAY)


class Lockout(Document):
    """The failed sign-ins with one identifier as typed, or of one user; its id is a keyed digest of which."""

    noun: ClassVar[str] = "lockout"
    realm: str
    user_id: int | None
    locking: bool
    failures: list[datetime] = []
    locked_until: datetime | None = None
    expires_at: datetime

    @property
    def subject(self) -> str:
        """The CloudEvents subject, one per stored row: sequences never repeat when a counter starts again."""
        return f"{self.noun}/{self.id}.{int(self.created_at.timestamp() * 1000)}"

    @property
    def rule(self) -> LockoutRule:
        """The rule that applies to the realm."""
        return LOCKING if self.locking else SLOWING

    @property
    def recent_failures(self) -> list[datetime]:
        """The failures within the window."""
        return [at for at in self.failures if at > now() - self.rule.window]

    @property
    def is_counting(self) -> bool:
        """Whether it locks, or has failures within the window."""
        return bool(self.recent_failures) or (self.locked_until is not None and self.locked_until > now())

    @property
    def counts_until(self) -> datetime:
        """When the latest failure, or a lock that lasts longer, has passed."""
        return max(self.expires_at, self.refused_until or self.expires_at)

    @property
    def refused_until(self) -> datetime | None:
        """Until when no password is right, or None: while locked, or while too many failures are within the window."""
        if self.locking:
            return self.locked_until
        most, recent = self.rule.max_failures, self.recent_failures
        return recent[-most] + self.rule.window if len(recent) >= most else None

    @property
    def delay(self) -> float:
        """By how many seconds the reply to the latest failure is delayed."""
        return 0.0 if self.locking else delay_after(len(self.failures))

    def refuse_locked(self) -> None:
        """Raise `AuthLocked` while locked, `BadCredentials` after too many failures within the window."""
        left = (self.locked_until - now()).total_seconds() if self.locked_until else 0.0
        if left > 0:
            raise AuthLocked(details={"retry_after": int(left) + 1})
        if not self.locking and len(self.recent_failures) >= self.rule.max_failures:
            raise BadCredentials(details={"delay": LONGEST_DELAY})

    def record_failure(self) -> bool:
        """Count a failure; return whether it locks."""
        moment = now()
        self.failures = [*self.recent_failures, moment]
        self.expires_at = moment + self.rule.window
        locks = self.rule.lock is not None and len(self.failures) >= self.rule.max_failures
        self.locked_until = moment + self.rule.lock if locks and self.rule.lock else None
        return locks


class LockoutRepository(Repository[Lockout]):
    """The counters; MongoDB deletes them when their window has passed."""

    collection: ClassVar[str] = "lockouts"
    document = Lockout
    not_found = BadCredentials

    def __init__(self, store: Store, scope: StoreScope, keys: Keys, login_keys: LoginKeys) -> None:
        super().__init__(store, scope)
        self._keys = keys
        self._login_keys = login_keys

    def new_counter(self, realm: str, locking: bool, login: str, user_id: int | None) -> Lockout:
        """A counter without failures: of the identifier as typed where the realm locks, else of the user.

        An unknown user is counted by identifier in every realm, so that the replies do not tell who is known.
        """
        number = self._keys.number("lockout", self._login_key(login) if locking else self._user_key(user_id, login))
        return Lockout(id=number, realm=realm, user_id=user_id, locking=locking, expires_at=now())

    def new_counters(self, realm: str, locking: bool, login: str, user_id: int | None) -> list[Lockout]:
        """The counters of a sign-in: that of the identifier where the realm locks, then that of the user in all realms.

        So guesses are counted together, whatever identifiers of the user they are made with.
        """
        own = self.new_counter(realm, False, login, user_id)
        return [self.new_counter(realm, True, login, user_id), own] if locking else [own]

    async def refuse_locked(self, counters: Iterable[Lockout]) -> None:
        """Raise `AuthLocked` or `BadCredentials` after too many failures, see `Lockout.refuse_locked`."""
        for found in await self._find_stored(counters):
            found.refuse_locked()

    async def clear(self, counters: Iterable[Lockout]) -> None:
        """Delete the counters after a success. Raises as `refuse_locked` does if one has been locked meanwhile."""
        stored = await self._find_stored(counters)
        for found in stored:  # all of them before the first is deleted
            found.refuse_locked()
        for found in stored:
            await self.remove(found.id)

    async def load(self, counter: Lockout) -> Lockout:
        """Return the stored counter, or the new one if none is stored. Raises as `refuse_locked` does."""
        found = await self.find(id=counter.id)
        if found is None:
            return counter
        found.refuse_locked()
        found.user_id = counter.user_id  # an identifier may have become another user's meanwhile
        return found

    async def _find_stored(self, counters: Iterable[Lockout]) -> list[Lockout]:
        return await self.find_all([counter.id for counter in counters])

    async def save(self, lockout: Lockout) -> None:
        """Insert or replace the counter. Raises `TryAgain` if another attempt has been faster."""
        session = await self.session()
        with translate_duplicate(TryAgain):
            await self.rows.replace_one({"_id": lockout.id}, lockout.to_row(), upsert=True, session=session)

    async def forget(self, user_id: int, logins: Iterable[str]) -> None:
        """Delete the counters of a user and of these identifiers, which ends their locks."""
        ids = self._ids_of(user_id, logins)
        await self.rows.delete_many({"_id": {"$in": ids}}, session=await self.session())

    async def find_counting(self, user_id: int, logins: Mapping[str, str]) -> list[tuple[str, Lockout]]:
        """Return the counters that have failures which still count: of the `user`, then of identifiers by their fields.

        Identifiers that are compared as one have one counter, which is told by the first of their fields.
        """
        keys = {"user": self._user_key(user_id, "")} | {name: self._login_key(login) for name, login in logins.items()}
        names = dict[int, str]()
        for name, key in keys.items():
            names.setdefault(self._keys.number("lockout", key), name)
        found = {counter.id: counter for counter in await self.find_all([*names]) if counter.is_counting}
        return [(names[id], found[id]) for id in names if id in found]

    def _ids_of(self, user_id: int, logins: Iterable[str]) -> list[int]:
        names = [self._user_key(user_id, ""), *(self._login_key(login) for login in logins)]
        return list(dict.fromkeys(self._keys.number("lockout", name) for name in names))

    def _login_key(self, login: str) -> str:
        return f"typed:{self._login_keys.key(login)}"

    def _user_key(self, user_id: int | None, login: str) -> str:
        return f"user:{user_id}" if user_id is not None else f"unknown:{self._login_keys.key(login)}"
