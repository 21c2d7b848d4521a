"""Resource types: the kinds of resources."""

from typing import ClassVar

from models.coded import CodedDocument, OwnerRepository, search_fields
from models.errors.roles import ResourceTypeCodeTaken, ResourceTypeNotFound


class ResourceType(CodedDocument):
    """A kind of resource."""

    noun: ClassVar[str] = "resource_type"
    name: str


class ResourceTypeRepository(OwnerRepository[ResourceType]):
    """The resource types."""

    collection: ClassVar[str] = "resource_types"
    document = ResourceType
    not_found = ResourceTypeNotFound
    code_taken = ResourceTypeCodeTaken
    fields = search_fields("code", "name")
