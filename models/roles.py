"""Roles, which give access to resources."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from models.apps import AppRepository
from models.coded import CodedDocument, CodedRepository, search_fields
from models.errors.base import TryAgain
from models.errors.roles import AdminProtected, RoleCodeTaken, RoleIdTaken, RoleNameTaken, RoleNotFound
from models.store.client import BsonDict
from models.store.conditions import fold
from models.store.document import now
from models.store.driver_errors import translate_duplicate

LIVE: Literal[1] = 1
DELETED: Literal[-1] = -1


class Role(CodedDocument):
    """A role of an app, with the resources that it gives access to; the default code is `ROLE_<id>`."""

    noun: ClassVar[str] = "role"
    app_id: int
    code: str = Field(default_factory=lambda fields: f"ROLE_{fields['id']}")
    name: str
    admin: Literal[0, 1] = 0
    status: Literal[1, -1] = LIVE
    sort: int = 99
    resource_ids: list[int] = []

    def refuse_protected(self) -> None:
        """Raise `AdminProtected` for an administrator role."""
        if self.admin:
            raise AdminProtected

    def set_status(self, status: Literal[1, -1]) -> bool:
        """Soft-delete or restore; return whether the status changed. Raises `AdminProtected`."""
        self.refuse_protected()
        changed = self.status != status
        self.change({"status": status})
        return changed


class RoleRepository(CodedRepository[Role]):
    """The roles."""

    collection: ClassVar[str] = "roles"
    document = Role
    not_found = RoleNotFound
    code_taken = RoleCodeTaken
    id_taken = RoleIdTaken
    live_filter = {"status": LIVE}
    fields = search_fields("code", "name", numbers=("app_id", "admin", "status", "sort"))
    projection = {"resource_ids": 0}
    owners = {"app_id": AppRepository}
    linked_from = (("users", "role_ids"), ("groups", "role_ids"))

    async def get_any(self, id: int) -> Role:
        """Return the role with this id, soft-deleted or not. Raises `RoleNotFound`."""
        found = await self.find_any(id=id)
        if found is None:
            raise RoleNotFound
        return found

    async def refuse_admin(self, ids: Iterable[int]) -> None:
        """Raise `AdminProtected` if one of these roles is an administrator role."""
        session = await self.scope.read_session(self.collection)
        if await self.rows.find_one({"_id": {"$in": [*ids]}, "admin": 1}, {"_id": 1}, session=session):
            raise AdminProtected

    async def refuse_taken_name(self, name: str, but: int | None = None) -> None:
        """Raise `RoleNameTaken` if a live role other than `but` has this name, letter case ignored.

        It also writes a lock on the name, so that two commands that want the same name at once conflict.
        """
        session = await self.session()
        lock = {"_id": f"role.name/{fold(name)}"}
        with translate_duplicate(TryAgain):
            await self.store.collection("locks").update_one(lock, {"$set": {"at": now()}}, upsert=True, session=session)
        others: BsonDict = {"folded.name": fold(name), **self.live_filter, "_id": {"$ne": but}}
        if await self.rows.find_one(others, {"_id": 1}, session=session):
            raise RoleNameTaken

    async def find_with_app_codes(self, ids: Iterable[int]) -> list[BsonDict]:
        """Return those of these roles that are live, with their `app_code`, by sort, then id."""
        return await self.store.aggregate(
            "roles",
            [
                {"$match": {"_id": {"$in": sorted(set(ids))}, **self.live_filter}},
                {"$project": {"app_id": 1, "code": 1, "name": 1, "admin": 1, "sort": 1}},
                {"$lookup": {"from": "apps", "localField": "app_id", "foreignField": "_id", "as": "app"}},
                {"$unwind": "$app"},
                {"$project": {"_id": 0, "id": "$_id", "app_id": 1, "app_code": "$app.code", "code": 1, "name": 1,
                              "admin": 1, "sort": 1}},
                {"$sort": {"sort": 1, "id": 1}},
            ],
            await self.session(),
        )  # fmt: skip
