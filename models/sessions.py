"""Sessions of all realms: references stored as hashes, idle and absolute ends, an identity that waits to be bound."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from pydantic import BaseModel
from pymongo.errors import DuplicateKeyError

from models.document import Document, now
from models.errors.auth import SessionNotFound
from models.errors.base import TryAgain
from models.keys import token_hash
from models.repository import Repository

REFRESH = timedelta(seconds=60)
MOST = 1000


class Identity(BaseModel):
    """An account at a provider that a callback service vouched for."""

    provider: str
    subject: str
    profile: dict[str, Any] | None = None


class Session(Document):
    """A sign-in, or a visitor's signed-out session that carries an identity.

    `hashes` are of the tokens that open it. `epoch` is the user's at sign-in: once the user's has moved (password,
    deletion), the session is dead, even one that was being opened meanwhile. So it is with the tenant's key.
    """

    noun: ClassVar[str] = "session"
    hashes: list[str]
    realm: str
    user_id: int | None = None
    epoch: int = 0
    tenant_id: str | None = None
    tenant_key: str | None = None
    remembered: bool = False
    sliding: bool
    lifetime: int
    single: bool = False
    ends_at: datetime
    expires_at: datetime
    identity: Identity | None = None

    @classmethod
    def begun(cls, id: int, realm: str, life: tuple[int, bool], absolute: timedelta) -> Self:
        """A new session without token and user; `life` is its lifetime in seconds and whether use prolongs it."""
        lifetime, sliding = life
        start, unused = now(), timedelta(seconds=lifetime)
        ends = start + (max(absolute, unused) if sliding else unused)
        return cls(
            id=id,
            hashes=[],
            realm=realm,
            sliding=sliding,
            lifetime=lifetime,
            created_at=start,
            ends_at=ends,
            expires_at=start + unused,
        )

    def use(self) -> bool:
        """Count a use; whether that moved the end far enough to be worth a write."""
        if not self.sliding:
            return False
        later = min(self.ends_at, now() + timedelta(seconds=self.lifetime))
        worth = later - self.expires_at > min(REFRESH, timedelta(seconds=self.lifetime / 20))
        self.expires_at = max(later, self.expires_at)
        return worth


class Sessions(Repository[Session]):
    """The sessions' rows; ended ones are gone."""

    collection: ClassVar[str] = "sessions"
    document = Session
    missing = SessionNotFound

    async def presented(self, token: str, realm: str | None) -> Session | None:
        """The live session with this token, of this realm if given."""
        found = await self.find(hashes=token_hash(token))
        if found is None or found.expires_at <= now() or realm not in (None, found.realm):
            return None
        return found

    async def add(self, session: Session) -> None:
        """Insert a session; where there may be one only, it replaces the one before."""
        if session.single:
            only = {"user_id": session.user_id, "realm": session.realm, "tenant_id": session.tenant_id}
            await self.rows.delete_many({**only, "single": True}, session=await self.session())
        try:
            await super().add(session)
        except DuplicateKeyError as error:
            raise TryAgain from error

    async def used(self, session: Session) -> None:
        """Count a use, written at most once a minute."""
        if session.use():
            await self.rows.update_one({"_id": session.id}, {"$max": {"expires_at": session.expires_at}})

    async def of_user(self, user_id: int, epoch: int) -> list[Session]:
        """The user's live sessions, the latest first."""
        wanted = {"user_id": user_id, "epoch": epoch, "expires_at": {"$gt": now()}}
        rows = self.rows.find(wanted, session=await self.session()).sort("_id", -1).limit(MOST)
        return [Session.from_row(row) async for row in rows]

    async def every(self, user_id: int, id: int | None) -> list[Session]:
        """The user's stored sessions, or the one with this id."""
        wanted = {"user_id": user_id} | ({} if id is None else {"_id": id})
        return [Session.from_row(row) async for row in self.rows.find(wanted, session=await self.session())]

    async def put(self, session: Session) -> None:
        """Insert or replace a session. Raises `TryAgain` where a copy of the same command was faster."""
        row, at = session.to_row(), await self.session()
        try:
            await self.rows.replace_one({"_id": session.id}, row, upsert=True, session=at)
        except DuplicateKeyError as error:
            raise TryAgain from error

    async def end_all(self, user_id: int) -> None:
        """End every session and token of a user."""
        await self.rows.delete_many({"user_id": user_id}, session=await self.session())

    async def end_tenant(self, tenant_id: str) -> None:
        """End every user token made for a tenant."""
        await self.rows.delete_many({"tenant_id": tenant_id}, session=await self.session())
