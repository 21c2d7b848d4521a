"""The resource types: create, update, get, search, delete."""

from contracts.resource_types import ResourceTypePage
from handlers.deps import Handlers
from handlers.rows import Noun, verbs

RESOURCE_TYPE = Noun("resource_type", ResourceTypePage, lambda unit: unit.resource_types)

HANDLERS: Handlers = verbs(RESOURCE_TYPE)
