"""Resource types: what kinds of things roles give access to."""

from typing import ClassVar

from models.errors.roles import ResourceTypeCodeTaken, ResourceTypeNotFound
from models.rows import Coded, OwnerRows, searchable


class ResourceType(Coded):
    """A kind of resource."""

    noun: ClassVar[str] = "resource_type"
    name: str


class ResourceTypes(OwnerRows[ResourceType]):
    """The resource types' rows."""

    collection: ClassVar[str] = "resource_types"
    document = ResourceType
    missing = ResourceTypeNotFound
    code_taken = ResourceTypeCodeTaken
    fields = searchable("code", "name")
