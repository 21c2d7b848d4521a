"""Users, with their accounts and their links to roles and groups."""

from collections.abc import Iterable
from secrets import randbits
from typing import Any, ClassVar, Literal
from uuid import uuid4

from pydantic import BaseModel, Field
from pymongo.errors import DuplicateKeyError

from models.errors.accounts import AccountTaken
from models.errors.base import Refusal, TryAgain
from models.errors.users import (
    RootProtected,
    UserExternalIdTaken,
    UserIdTaken,
    UserNotFound,
    UserStale,
    UserUnidentified,
)
from models.login_identifiers import IDENTIFIERS, LOGINS, LoginKeys, find_refusal, find_taken_keys, login_identifiers
from models.store.client import BsonDict, Store
from models.store.conditions import fold
from models.store.document import Document, dump_plain, now
from models.store.last_revisions import LastRevisions
from models.store.repository import Repository
from models.store.scope import StoreScope

LIVE: Literal[1] = 1
DELETED: Literal[-1] = -1
TEXTS = ("username", "email", "name", "telephone", "mobile", "position", "company", "gender")
VERIFIED = {"email": "email_verified", "telephone": "telephone_verified"}
PROFILE = (*TEXTS, "usertype", *VERIFIED.values())  # the fields that users have on the bus and in the store alike


class Account(BaseModel):
    """A notification account: its number, the name of the integration, the name at the integration."""

    account_id: int
    integration: str
    account: str


class User(Document):
    """A person, group address or integration that can sign in or be notified.

    `epoch` changes when every session must end: with each new password, when the user is disabled, and with deletion.
    It starts at random, so that a session of an erased user is not valid for a new one with the same id. `clashing`:
    another user has one of its identifiers in another spelling, from a time when spellings were not compared; it is
    found by its own spelling. `segment` is where the trigrams of its texts are (text_segments.py).
    """

    noun: ClassVar[str] = "user"
    uuid: str = Field(default_factory=lambda: str(uuid4()))
    external_id: str | None = None
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
    disabled: Literal[0, 1] = 0
    email_verified: Literal[0, 1] = 0
    telephone_verified: Literal[0, 1] = 0
    root: Literal[0, 1] = 0
    sort: int = 99
    password: str | None = None
    epoch: int = Field(default_factory=lambda: randbits(31))
    accounts: list[Account] = []
    role_ids: list[int] = []
    group_ids: list[int] = []
    explicit: bool = False
    clashing: bool = False
    segment: int | None = None

    @property
    def identifiers(self) -> dict[str, str]:
        """The login identifiers that are set, as they were written, by field."""
        return login_identifiers(vars(self))  # a dict of the model would be built field by field

    def change(self, fields: dict[str, Any]) -> list[str]:
        """Set fields; return the names of those that changed. Raises `UserUnidentified`.

        A new e-mail address or telephone number is unverified unless the fields say otherwise.
        """
        lost = {VERIFIED[name]: 0 for name in VERIFIED.keys() & fields if getattr(self, name) != fields[name]}
        fields = lost | fields
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if "password" in changed:
            self.epoch += 1
        if not self.identifiers:
            raise UserUnidentified
        self.clashing = self.clashing and LOGINS.keys().isdisjoint(changed)
        if not {*TEXTS}.isdisjoint(changed):
            self.segment = None
        self.touch()
        return changed

    def refuse_stale(self, revision: int | None) -> None:
        """Raise `UserStale` if the user has changed since this revision."""
        if revision is not None and revision != self.revision:
            raise UserStale

    def refuse_root(self, is_protected: bool = True) -> None:
        """Raise `RootProtected` for a root user, if it is protected."""
        if is_protected and self.root:
            raise RootProtected

    def refuse_duplicate_accounts(self) -> None:
        """Raise `AccountTaken` if two accounts have the same integration."""
        if len({account.integration for account in self.accounts}) < len(self.accounts):
            raise AccountTaken

    def set_status(self, status: Literal[1, -1]) -> bool:
        """Soft-delete or restore; return whether the status changed. Raises `RootProtected`."""
        if status == DELETED:
            self.refuse_root()
        self.touch()
        changed = self.status != status
        self.status = status
        if changed and status == DELETED:
            self.epoch += 1
        self.clashing = self.clashing and not changed
        return changed

    def set_disabled(self, disabled: Literal[0, 1]) -> bool:
        """Disable or enable; return whether that changed anything."""
        if self.disabled == disabled:
            return False
        self.disabled = disabled
        self.epoch += disabled
        self.touch()
        return True

    def to_row(self) -> BsonDict:
        """Return the row with case-folded copies for search; `UserRepository.row` adds the login identifiers."""
        row = dump_plain(self) | {"accounts": [{**vars(account)} for account in self.accounts]}
        displayed = {
            "display_name": self.name or self.username or "",
            "display_email": self.email or "",
            "contact": self.mobile or self.telephone or "",
        }
        texts = {name: row[name] for name in TEXTS} | displayed
        return row | displayed | {"folded": {name: fold(text) for name, text in texts.items() if text is not None}}


class UserRepository(Repository[User]):
    """The users. An erased user with an explicit id leaves an empty row, which reserves the id."""

    collection: ClassVar[str] = "users"
    document = User
    not_found = UserNotFound

    def __init__(self, store: Store, scope: StoreScope, login_keys: LoginKeys) -> None:
        super().__init__(store, scope)
        self._keys = login_keys

    def row(self, user: User) -> BsonDict:
        """The stored row, with the login identifiers by which the user is found."""
        return user.to_row() | self._keys.row_fields(user.identifiers, user.status == LIVE, user.clashing)

    async def find(self, **keys: Any) -> User | None:
        """Return the live user with this id, uuid, external_id or identifier; `login` is an identifier of any field."""
        ((name, value),) = keys.items()
        if name not in IDENTIFIERS:
            return await super().find(status=LIVE, **keys)
        # all forms, whoever is found by the first: the time must not tell whether somebody is known
        found = [await super(UserRepository, self).find(status=LIVE, logins=form) for form in self._keys.forms(value)]
        return next((user for user in found if user and self._has_login(user, name, value)), None)

    async def find_any(self, **keys: Any) -> User | None:
        """Return the live user as `find` does, or else a soft-deleted one, or None."""
        live = await self.find(**keys)
        if live is not None:
            return live
        ((name, value),) = keys.items()
        if name not in IDENTIFIERS:
            return await super().find(status=DELETED, **keys)
        # without the status: MongoDB might look through all who have it
        return await super().find(**self._keys.former_filter(name, value))

    async def get_any(self, id: int) -> User:
        """Return the user with this id, soft-deleted or not. Raises `UserNotFound`."""
        if (found := await self.find_any(id=id)) is None:
            raise UserNotFound
        return found

    async def refuse_taken(self, user: User) -> None:
        """Raise the refusal of the field if another live user has one of the user's login identifiers."""
        if refusal := await self._find_refusal(user, await self.scope.read_session(self.collection)):
            raise refusal

    async def find_taken(self, texts: Iterable[str], but: int | None = None) -> set[str]:
        """Return the keys of those texts that are login identifiers of live users other than `but`."""
        forms, session = self._keys.by_form(texts), await self.scope.read_session(self.collection)
        return await find_taken_keys(self.rows, forms, but, session)

    async def add(self, user: User) -> None:
        """Insert a user.

        Raises `UserIdTaken`, `UserExternalIdTaken`, `AccountTaken`, `UsernameTaken`, `EmailTaken` or `TelephoneTaken`.
        """
        if user.explicit:
            await self.rows.delete_one({"_id": user.id, "erased_at": {"$exists": True}}, session=await self.session())
        try:
            await super().add(user)
        except DuplicateKeyError as error:
            raise await self._find_conflict(user, error) from error

    async def save(self, user: User) -> None:
        """Replace a user. Raises as `add` does."""
        try:
            await super().save(user)
        except DuplicateKeyError as error:
            raise await self._find_conflict(user, error) from error

    async def erase(self, user: User) -> None:
        """Delete the user; an explicit id stays reserved, as a process may still hold it in a block of ids."""
        await self.remove(user.id)
        await LastRevisions(self.store, self.scope).keep([user])
        if user.explicit:
            await self.rows.insert_one({"_id": user.id, "erased_at": now()}, session=await self.session())

    async def upgrade_hash(self, user: User, password_hash: str) -> None:
        """Store a stronger hash of the same password, unless the password has changed meanwhile."""
        same = {"_id": user.id, "password": user.password}
        await self.rows.update_one(same, {"$set": {"password": password_hash}}, session=await self.session())

    async def _find_conflict(self, user: User, error: DuplicateKeyError) -> Exception:
        pattern = (error.details or {}).get("keyPattern", {})
        if "_id" in pattern:
            return UserIdTaken() if user.explicit else TryAgain()
        if "external_id" in pattern:
            return UserExternalIdTaken()
        if "logins" not in pattern:
            return AccountTaken()
        refusal = await self._find_refusal(user, None)
        return refusal() if refusal else TryAgain()

    async def _find_refusal(self, user: User, session: Any) -> type[Refusal] | None:
        return await find_refusal(self.rows, self._keys.stored_forms(user.identifiers, user.clashing), user.id, session)

    def _has_login(self, user: User, name: str, text: str) -> bool:
        return name == "login" or self._keys.are_same(getattr(user, name) or "", text)
