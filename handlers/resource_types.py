"""Resource types: create, update, get, search, delete."""

from contracts.resource_types import ResourceTypePage
from handlers.coded import CodedNoun, coded_handlers
from handlers.handler import Handlers

RESOURCE_TYPE = CodedNoun("resource_type", ResourceTypePage, lambda unit: unit.resource_types)

HANDLERS: Handlers = coded_handlers(RESOURCE_TYPE)
