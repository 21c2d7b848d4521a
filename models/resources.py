"""Resources: what roles give access to."""

from typing import ClassVar

from models.apps import Apps
from models.errors.roles import ResourceCodeTaken, ResourceNotFound
from models.resource_types import ResourceTypes
from models.rows import Coded, CodedRows, searchable


class Resource(Coded):
    """A page, a button or the like of an app."""

    noun: ClassVar[str] = "resource"
    texts: ClassVar[tuple[str, ...]] = ("code", "detail")
    app_id: int
    resource_type_id: int
    detail: str = ""


class Resources(CodedRows[Resource]):
    """The resources' rows."""

    collection: ClassVar[str] = "resources"
    document = Resource
    missing = ResourceNotFound
    code_taken = ResourceCodeTaken
    fields = searchable("code", "detail", numbers=("app_id", "resource_type_id"))
    owners = {"app_id": Apps, "resource_type_id": ResourceTypes}
