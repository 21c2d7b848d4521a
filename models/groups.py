"""Groups, whose members share roles."""

from collections.abc import Iterable
from typing import ClassVar

from models.apps import AppRepository
from models.coded import CodedDocument, CodedRepository, search_fields
from models.errors.roles import GroupCodeTaken, GroupIdTaken, GroupNotFound


class Group(CodedDocument):
    """A group of an app, with the roles of its members."""

    noun: ClassVar[str] = "group"
    app_id: int
    name: str
    role_ids: list[int] = []


class GroupRepository(CodedRepository[Group]):
    """The groups."""

    collection: ClassVar[str] = "groups"
    document = Group
    not_found = GroupNotFound
    code_taken = GroupCodeTaken
    id_taken = GroupIdTaken
    fields = search_fields("code", "name", numbers=("app_id",))
    projection = {"role_ids": 0}
    owners = {"app_id": AppRepository}
    linked_from = (("users", "group_ids"),)

    async def find_role_ids(self, ids: Iterable[int]) -> set[int]:
        """Return the roles that the members of these groups have through them."""
        session = await self.scope.read_session(self.collection)
        rows = self.rows.find({"_id": {"$in": [*ids]}}, {"role_ids": 1}, session=session)
        return {role async for row in rows for role in row.get("role_ids", [])}
