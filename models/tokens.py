"""Service tokens, stored as hashes."""

from datetime import datetime, timedelta
from typing import ClassVar

from pymongo.errors import DuplicateKeyError

from models.conditions import fold, number, text, time
from models.document import Document, now
from models.errors.auth import TokenInvalid, TokenNotFound
from models.errors.base import TryAgain
from models.keys import token_hash
from models.repository import Repository
from models.search import Page, Search, found_page
from models.store import Row

FIELDS = {
    "id": number("id", "_id"),
    "name": text("name"),
    **{name: time(name) for name in ("created_at", "expires_at", "last_used")},
}


def live() -> Row:
    """The filter of tokens that have not ended."""
    return {"revoked": False, "expires_at": {"$gt": now()}}


class Token(Document):
    """A service token: name, scopes and expiry; the text is known to its holder only."""

    noun: ClassVar[str] = "token"
    name: str
    hash: str
    scopes: list[str]
    expires_at: datetime
    revoked: bool = False
    last_used: datetime | None = None

    def to_row(self) -> Row:
        """The stored row, with the folded name for search."""
        return super().to_row() | {"folded": {"name": fold(self.name)}}


class Tokens(Repository[Token]):
    """The service tokens' rows."""

    collection: ClassVar[str] = "tokens"
    document = Token
    missing = TokenNotFound

    async def add(self, token: Token) -> None:
        """Insert a token. Raises `TryAgain` where a copy of the same command was faster."""
        try:
            await super().add(token)
        except DuplicateKeyError as error:
            raise TryAgain from error

    async def verified(self, text: str) -> Token:
        """The token with this text. Raises `TokenInvalid` when unknown, expired or revoked."""
        token = await self.find(hash=token_hash(text))
        if token is None or token.revoked or token.expires_at <= now():
            raise TokenInvalid
        if token.last_used is None or now() - token.last_used > timedelta(minutes=1):
            await self.rows.update_one({"_id": token.id}, {"$set": {"last_used": now()}})
        return token

    async def page(self, search: Search) -> Page[Token]:
        """A page of the tokens that meet the search."""
        page = await found_page(self.rows, search, await self.session())
        return Page([Token.from_row(row) for row in page.items], page.total, page.next)
