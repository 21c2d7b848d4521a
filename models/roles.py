"""Roles: the document with its rules, and the repository that can keep names unique."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from models.apps import Apps
from models.conditions import fold
from models.document import now
from models.errors.base import TryAgain
from models.errors.roles import AdminProtected, RoleCodeTaken, RoleIdTaken, RoleNameTaken, RoleNotFound
from models.rows import Coded, CodedRows, searchable
from models.store import Row

LIVE: Literal[1] = 1
DELETED: Literal[-1] = -1


class Role(Coded):
    """A role of an app, with the resources that it gives access to; without a code it is `ROLE_<id>`."""

    noun: ClassVar[str] = "role"
    app_id: int
    code: str = Field(default_factory=lambda given: f"ROLE_{given['id']}")
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
        """Delete softly or restore; whether that changed anything. Raises `AdminProtected`."""
        self.refuse_protected()
        moved = self.status != status
        self.change({"status": status})
        return moved


class Roles(CodedRows[Role]):
    """The roles' rows."""

    collection: ClassVar[str] = "roles"
    document = Role
    missing = RoleNotFound
    code_taken = RoleCodeTaken
    id_taken = RoleIdTaken
    live = {"status": LIVE}
    fields = searchable("code", "name", numbers=("app_id", "admin", "status", "sort"))
    hidden = {"resource_ids": 0}
    owners = {"app_id": Apps}

    async def get_any(self, id: int) -> Role:
        """The role with this id, deleted softly or not. Raises `RoleNotFound`."""
        found = await self.find_any(id=id)
        if found is None:
            raise RoleNotFound
        return found

    async def refuse_name(self, name: str, but: int | None = None) -> None:
        """Raise `RoleNameTaken` where a live role, the role `but` left aside, has this name, letter case ignored.

        Writes a lock on the name, so that of two commands that want it at once the second sees the first one's role.
        """
        session = await self.session()
        lock = {"_id": f"role.name/{fold(name)}"}
        try:
            await self.store.collection("locks").update_one(lock, {"$set": {"at": now()}}, upsert=True, session=session)
        except DuplicateKeyError as error:
            raise TryAgain from error
        others: Row = {"folded.name": fold(name), **self.live, "_id": {"$ne": but}}
        if await self.rows.find_one(others, {"_id": 1}, session=session):
            raise RoleNameTaken

    async def with_apps(self, ids: Iterable[int]) -> list[Row]:
        """The live ones of these roles with their `app_code`, by sort, then id."""
        return await self.store.aggregate(
            "roles",
            [
                {"$match": {"_id": {"$in": sorted(set(ids))}, **self.live}},
                {"$project": {"app_id": 1, "code": 1, "name": 1, "admin": 1, "sort": 1}},
                {"$lookup": {"from": "apps", "localField": "app_id", "foreignField": "_id", "as": "app"}},
                {"$unwind": "$app"},
                {"$project": {"_id": 0, "id": "$_id", "app_id": 1, "app_code": "$app.code", "code": 1, "name": 1,
                              "admin": 1, "sort": 1}},
                {"$sort": {"sort": 1, "id": 1}},
            ],
            await self.session(),
        )  # fmt: skip
