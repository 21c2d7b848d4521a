"""Sessions of all realms, whose tokens are stored as hashes."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from pydantic import BaseModel, Field

from models.errors.auth import SessionNotFound
from models.errors.base import TryAgain
from models.secrets.keys import token_hash
from models.store.client import BsonDict
from models.store.document import Document, now
from models.store.driver_errors import translate_duplicate
from models.store.repository import Repository

REFRESH = timedelta(seconds=60)
LIST_LIMIT = 1000


class PendingIdentity(BaseModel):
    """An account at a provider, attested by a callback service, that is bound to the user at the next sign-in."""

    provider: str
    subject: str
    profile: dict[str, Any] | None = None


class Session(Document):
    """A signed-in session, or a visitor's signed-out one with a pending identity.

    `hashes` are those of its tokens. `user_id` never changes, as stored sessions may be sharded by it. `epoch` is the
    user's at sign-in: when the user's changes (new password, deletion), the session is invalid, even one that was being
    started meanwhile. So it is with the tenant's key.
    """

    noun: ClassVar[str] = "session"
    hashes: list[str]
    realm: str
    user_id: int | None = Field(default=None, frozen=True)
    epoch: int = 0
    tenant_id: str | None = None
    tenant_key: str | None = None
    remembered: bool = False
    sliding: bool
    lifetime: int
    single: bool = False
    ends_at: datetime
    expires_at: datetime
    identity: PendingIdentity | None = None

    @classmethod
    def create(
        cls, id: int, realm: str, life: tuple[int, bool], absolute: timedelta, user_id: int | None = None
    ) -> Self:
        """A new session without token; `life` is its lifetime in seconds and whether each use prolongs it."""
        lifetime, sliding = life
        start, unused = now(), timedelta(seconds=lifetime)
        ends = start + (max(absolute, unused) if sliding else unused)
        return cls(
            id=id,
            hashes=[],
            realm=realm,
            user_id=user_id,
            sliding=sliding,
            lifetime=lifetime,
            created_at=start,
            ends_at=ends,
            expires_at=start + unused,
        )

    def copy_signed_out(self, id: int) -> Self:
        """Return the session as a visitor's, under another id: the tokens and what waits in it are the same."""
        return self.model_copy(update={"id": id, "user_id": None, "revision": 0})

    def is_live(self, realm: str | None) -> bool:
        """Whether the session has not ended, and is of this realm if one is given."""
        return self.expires_at > now() and realm in (None, self.realm)

    def record_use(self) -> bool:
        """Prolong the session by a use; return whether by enough to be worth a write."""
        if not self.sliding:
            return False
        later = min(self.ends_at, now() + timedelta(seconds=self.lifetime))
        worth = later - self.expires_at > min(REFRESH, timedelta(seconds=self.lifetime / 20))
        self.expires_at = max(later, self.expires_at)
        return worth


class SessionRepository(Repository[Session]):
    """The sessions; ended ones are deleted."""

    collection: ClassVar[str] = "sessions"
    document = Session
    not_found = SessionNotFound

    async def find_by_token(self, token: str, realm: str | None) -> Session | None:
        """Return the live session with this token, of this realm if given, or None."""
        found = await self.find(hashes=token_hash(token))
        return found if found and found.is_live(realm) else None

    async def add(self, session: Session) -> None:
        """Insert a session; a `single` one replaces the earlier one. Raises `TryAgain` if another has been faster."""
        if session.single:
            only = {"user_id": session.user_id, "realm": session.realm, "tenant_id": session.tenant_id}
            if (before := await self.find(**only, single=True)) is not None:
                await self.remove(before.id)
        with translate_duplicate(TryAgain):
            await super().add(session)

    async def record_use(self, session: Session) -> None:
        """Prolong the session by a use, written at most once a minute."""
        if session.record_use():
            await self.rows.update_one(_key(session), {"$max": {"expires_at": session.expires_at}})

    async def find_live(self, user_id: int, epoch: int) -> list[Session]:
        """Return the user's live sessions, the latest first, at most 1,000."""
        where = {"user_id": user_id, "epoch": epoch, "expires_at": {"$gt": now()}}
        rows = self.rows.find(where, session=await self.session()).sort("_id", -1).limit(LIST_LIMIT)
        return [Session.from_row(row) async for row in rows]

    async def find_stored(self, user_id: int, id: int | None) -> list[Session]:
        """Return the user's stored sessions, or only the one with this id."""
        where = {"user_id": user_id} | ({} if id is None else {"_id": id})
        return [Session.from_row(row) async for row in self.rows.find(where, session=await self.session())]

    async def upsert(self, session: Session) -> None:
        """Insert or replace a session. Raises `TryAgain` if it is another's by now."""
        row, client_session = session.to_row(), await self.session()
        with translate_duplicate(TryAgain):
            await self.rows.replace_one(_key(session), row, upsert=True, session=client_session)

    async def end_all(self, user_id: int) -> None:
        """Delete every session and token of a user."""
        await self.rows.delete_many({"user_id": user_id}, session=await self.session())

    async def end_realm(self, user_id: int, realm: str) -> None:
        """Delete every session of a user in a realm."""
        await self.rows.delete_many({"user_id": user_id, "realm": realm}, session=await self.session())

    async def end_tenant(self, tenant_id: str) -> None:
        """Delete every user token that was issued to a tenant."""
        await self.rows.delete_many({"tenant_id": tenant_id}, session=await self.session())


def _key(session: Session) -> BsonDict:
    # with the user: where sessions are sharded, one shard is asked
    return {"_id": session.id, "user_id": session.user_id}
