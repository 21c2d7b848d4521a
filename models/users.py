"""Users: the document with its accounts and links, its rules, and the repository that keeps identifiers unique."""

from collections.abc import Iterable
from secrets import randbelow
from typing import Any, ClassVar, Literal
from uuid import uuid4

from pydantic import BaseModel, Field
from pymongo.errors import DuplicateKeyError

from models.conditions import fold, number, numbers, text, time
from models.document import Document, now
from models.errors.accounts import AccountTaken
from models.errors.base import Refusal, TryAgain
from models.errors.users import (
    EmailTaken,
    RootProtected,
    TelephoneTaken,
    UserIdTaken,
    UsernameTaken,
    UserNotFound,
    UserStale,
    UserUnidentified,
)
from models.repository import Repository
from models.search import Page, Search, found_page
from models.store import Row

LIVE: Literal[1] = 1
DELETED: Literal[-1] = -1
LOGINS: dict[str, type[Refusal]] = {"username": UsernameTaken, "email": EmailTaken, "telephone": TelephoneTaken}
TEXTS = ("username", "email", "name", "telephone", "mobile", "position", "company", "gender")


FIELDS = {
    **{name: text(name) for name in (*TEXTS, "display_name", "display_email", "contact")},
    **{name: text(name, folded=False) for name in ("uuid", "usertype")},
    **{name: number(name) for name in ("status", "root", "sort")},
    **{name: numbers(name) for name in ("role_ids", "group_ids")},
    **{name: time(name) for name in ("created_at", "updated_at")},
    "id": number("id", "_id"),
}


class Account(BaseModel):
    """A notification account: our number, the integration's name, the name at the integration."""

    account_id: int
    integration: str
    account: str


class User(Document):
    """One person, group address or integration that can be notified or sign in.

    `epoch` moves when every session must end: with each new password and with deletion. It begins anywhere, so that a
    session of an erased user is not that of a new one with the same id.
    """

    noun: ClassVar[str] = "user"
    uuid: str = Field(default_factory=lambda: str(uuid4()))
    username: str | None = None
    email: str | None = None
    name: str | None = None
    telephone: str | None = None
    mobile: str | None = None
    position: str | None = None
    company: str | None = None
    gender: str | None = None
    usertype: Literal["user", "group", "integration"] = "user"
    status: Literal[1, -1] = LIVE
    root: Literal[0, 1] = 0
    sort: int = 99
    password: str | None = None
    epoch: int = Field(default_factory=lambda: randbelow(2**31))
    accounts: list[Account] = []
    role_ids: list[int] = []
    group_ids: list[int] = []
    explicit: bool = False

    @property
    def logins(self) -> dict[str, str]:
        """The login identifiers that are set, folded, by field."""
        given = {field: getattr(self, field) for field in LOGINS}
        return {field: fold(value) for field, value in given.items() if value}

    def change(self, fields: dict[str, Any]) -> list[str]:
        """Set fields; the names of those that really changed. Raises `UserUnidentified`."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if "password" in changed:
            self.epoch += 1
        if not self.logins:
            raise UserUnidentified
        self.touch()
        return changed

    def expect(self, revision: int | None) -> None:
        """Raise `UserStale` unless the user still is what the caller saw."""
        if revision is not None and revision != self.revision:
            raise UserStale

    def refuse_root(self) -> None:
        """Raise `RootProtected` for a root user."""
        if self.root:
            raise RootProtected

    def refuse_twice(self) -> None:
        """Raise `AccountTaken` where two accounts are of one integration."""
        if len({account.integration for account in self.accounts}) < len(self.accounts):
            raise AccountTaken

    def set_status(self, status: Literal[1, -1]) -> bool:
        """Delete softly or restore; whether that changed anything. Raises `RootProtected`."""
        if status == DELETED:
            self.refuse_root()
        self.touch()
        moved = self.status != status
        self.status = status
        if moved and status == DELETED:
            self.epoch += 1
        return moved

    def to_row(self) -> Row:
        """The stored row: with folded copies for search, and `logins` for the unique index while the user lives."""
        row = super().to_row()
        displayed = {
            "display_name": self.name or self.username or "",
            "display_email": self.email or "",
            "contact": self.mobile or self.telephone or "",
        }
        texts = {name: row[name] for name in TEXTS} | displayed
        row |= displayed | {"folded": {name: fold(text) for name, text in texts.items() if text is not None}}
        return row | ({"logins": sorted(set(self.logins.values()))} if self.status == LIVE else {})


class Users(Repository[User]):
    """The users' rows. A hard-deleted user with an explicit id leaves a bare row, which keeps the id spent."""

    collection: ClassVar[str] = "users"
    document = User
    missing = UserNotFound

    async def find(self, **keys: Any) -> User | None:
        """The live user with this id, uuid, username, email or telephone, or any of the last three as `login`."""
        return await super().find(status=LIVE, **_matched(keys))

    async def find_any(self, **keys: Any) -> User | None:
        """The same, or else a soft-deleted user (they have no identifiers in the index)."""
        live = await self.find(**keys)
        if live is not None:
            return live
        matched = _matched(keys)
        folded = matched.pop("logins", None)
        if "login" in keys:
            matched["$or"] = [{f"folded.{field}": folded} for field in LOGINS]
        return await super().find(status=DELETED, **matched)

    async def get_any(self, id: int) -> User:
        """The user with this id, deleted or not. Raises `UserNotFound`."""
        found = await self.find_any(id=id)
        if found is None:
            raise UserNotFound
        return found

    async def refuse_taken(self, user: User) -> None:
        """Raise what `add` or `save` would, where an identifier is another live user's."""
        taken = await self.taken(user.logins.values(), but=user.id)
        for field, login in user.logins.items():
            if login in taken:
                raise LOGINS[field]

    async def taken(self, values: Iterable[str], but: int | None = None) -> set[str]:
        """Which of the folded values are login identifiers of live users, the user `but` left aside."""
        asked = set(values)
        held = {"logins": {"$in": [*asked]}, "_id": {"$ne": but}}
        rows = self.rows.find(held, {"logins": 1}, session=await self.session())
        return {login async for row in rows for login in row["logins"]} & asked

    async def add(self, user: User) -> None:
        """Insert a user. Raises `UsernameTaken`, `EmailTaken`, `TelephoneTaken`, `UserIdTaken` or `AccountTaken`."""
        if user.explicit:
            await self.rows.delete_one({"_id": user.id, "erased_at": {"$exists": True}}, session=await self.session())
        try:
            await super().add(user)
        except DuplicateKeyError as error:
            raise await self._clash(user, error) from error

    async def save(self, user: User) -> None:
        """Replace a user. Raises as `add` does."""
        try:
            await super().save(user)
        except DuplicateKeyError as error:
            raise await self._clash(user, error) from error

    async def erase(self, user: User) -> None:
        """Delete the row for good; an explicit id stays spent, since a reserved block may still hold it."""
        await self.remove(user.id)
        if user.explicit:
            await self.rows.insert_one({"_id": user.id, "erased_at": now()}, session=await self.session())

    async def upgrade(self, user: User, better: str) -> None:
        """Store a better hash of the same password, unless the password has changed meanwhile."""
        same = {"_id": user.id, "password": user.password}
        await self.rows.update_one(same, {"$set": {"password": better}}, session=await self.session())

    async def page(self, search: Search) -> Page[User]:
        """A page of the users that meet the search."""
        page = await found_page(self.rows, search, await self.session())
        return Page([User.from_row(row) for row in page.items], page.total, page.next)

    async def _clash(self, user: User, error: DuplicateKeyError) -> Exception:
        pattern = (error.details or {}).get("keyPattern", {})
        if "_id" in pattern:
            return UserIdTaken() if user.explicit else TryAgain()
        if "logins" not in pattern:
            return AccountTaken()
        rows = self.rows.find({"logins": {"$in": [*user.logins.values()]}, "_id": {"$ne": user.id}}, {"logins": 1})
        taken = {login async for row in rows for login in row["logins"]}
        return next((LOGINS[field]() for field, login in user.logins.items() if login in taken), TryAgain())


def _matched(keys: dict[str, Any]) -> dict[str, Any]:
    matched: dict[str, Any] = {}
    for key, value in keys.items():
        if key in ("login", *LOGINS):
            matched["logins"] = fold(value)
        if key in LOGINS:
            matched[f"folded.{key}"] = fold(value)
        elif key != "login":
            matched[key] = value
    return matched
