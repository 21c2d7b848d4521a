"""Resources: create, update, get, search, delete; list those of a user, a role or an app."""

from functools import partial

from contracts.resources import ResourcePage
from handlers.coded import CodedNoun, coded_handlers, list_of_app, list_related
from handlers.handler import Handlers
from models.effective_roles import RESOURCES_OF_ROLE, RESOURCES_OF_USER

RESOURCE = CodedNoun("resource", ResourcePage, lambda unit: unit.resources)

HANDLERS: Handlers = {
    **coded_handlers(RESOURCE),
    "resource.of_user": partial(list_related, RESOURCE, RESOURCES_OF_USER, "user_id"),
    "resource.of_role": partial(list_related, RESOURCE, RESOURCES_OF_ROLE, "role_id"),
    "resource.of_app": partial(list_of_app, RESOURCE),
}
