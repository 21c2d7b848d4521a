"""Resources, which roles give access to."""

from typing import ClassVar

from models.apps import AppRepository
from models.coded import CodedDocument, CodedRepository, search_fields
from models.errors.roles import ResourceCodeTaken, ResourceNotFound
from models.resource_types import ResourceTypeRepository


class Resource(CodedDocument):
    """Something of an app to which access is given, for example a page or a button."""

    noun: ClassVar[str] = "resource"
    texts: ClassVar[tuple[str, ...]] = ("code", "detail")
    app_id: int
    resource_type_id: int
    detail: str = ""


class ResourceRepository(CodedRepository[Resource]):
    """The resources."""

    collection: ClassVar[str] = "resources"
    document = Resource
    not_found = ResourceNotFound
    code_taken = ResourceCodeTaken
    fields = search_fields("code", "detail", numbers=("app_id", "resource_type_id"))
    owners = {"app_id": AppRepository, "resource_type_id": ResourceTypeRepository}
    linked_from = (("roles", "resource_ids"),)
