"""Service tokens, stored as hashes."""

from datetime import datetime, timedelta
from typing import ClassVar

from models.errors.auth import TokenInvalid, TokenNotFound
from models.errors.base import TryAgain
from models.secrets.keys import token_hash
from models.store.client import BsonDict
from models.store.conditions import fold, number_field, text_field, time_field
from models.store.document import Document, now
from models.store.driver_errors import translate_duplicate
from models.store.repository import Repository

FIELDS = {
    "id": number_field("id", "_id"),
    "name": text_field("name"),
    **{name: time_field(name) for name in ("created_at", "expires_at", "last_used")},
}


def live_filter() -> BsonDict:
    """The filter of tokens that are neither revoked nor expired."""
    return {"revoked": False, "expires_at": {"$gt": now()}}


class Token(Document):
    """A service token: name, scopes and expiry; its text is not stored."""

    noun: ClassVar[str] = "token"
    name: str
    hash: str
    scopes: list[str]
    expires_at: datetime
    revoked: bool = False
    last_used: datetime | None = None

    def refuse_ended(self) -> None:
        """Raise `TokenInvalid` if the token is revoked or expired."""
        if self.revoked or self.expires_at <= now():
            raise TokenInvalid

    def to_row(self) -> BsonDict:
        """Return the stored row, with the case-folded name for search."""
        return super().to_row() | {"folded": {"name": fold(self.name)}}


class TokenRepository(Repository[Token]):
    """The service tokens."""

    collection: ClassVar[str] = "tokens"
    document = Token
    not_found = TokenNotFound

    async def add(self, token: Token) -> None:
        """Insert a token. Raises `TryAgain` if a copy of the same command has been faster."""
        with translate_duplicate(TryAgain):
            await super().add(token)

    async def verify(self, text: str) -> Token:
        """Return the token with this text, and record its use. Raises `TokenInvalid`."""
        token = await self.find(hash=token_hash(text))
        if token is None:
            raise TokenInvalid
        token.refuse_ended()
        if token.last_used is None or now() - token.last_used > timedelta(minutes=1):
            await self.rows.update_one({"_id": token.id}, {"$set": {"last_used": now()}})
        return token
