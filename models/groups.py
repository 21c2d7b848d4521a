"""Groups: users who get roles together."""

from typing import ClassVar

from models.apps import Apps
from models.errors.roles import GroupCodeTaken, GroupIdTaken, GroupNotFound
from models.rows import Coded, CodedRows, searchable


class Group(Coded):
    """A group of an app, with the roles that its users get."""

    noun: ClassVar[str] = "group"
    app_id: int
    name: str
    role_ids: list[int] = []


class Groups(CodedRows[Group]):
    """The groups' rows."""

    collection: ClassVar[str] = "groups"
    document = Group
    missing = GroupNotFound
    code_taken = GroupCodeTaken
    id_taken = GroupIdTaken
    fields = searchable("code", "name", numbers=("app_id",))
    hidden = {"role_ids": 0}
    owners = {"app_id": Apps}
