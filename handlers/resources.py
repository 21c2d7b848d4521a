"""The resources: create, update, get, search, delete; of a user, a role, an app."""

from functools import partial

from contracts.resources import ResourcePage
from handlers.deps import Handlers
from handlers.rows import Noun, listed, verbs
from models.paths import OF_APP, RESOURCES_OF_ROLE, RESOURCES_OF_USER

RESOURCE = Noun("resource", ResourcePage, lambda unit: unit.resources)

HANDLERS: Handlers = {
    **verbs(RESOURCE),
    "resource.of_user": partial(listed, RESOURCE, RESOURCES_OF_USER, "user_id"),
    "resource.of_role": partial(listed, RESOURCE, RESOURCES_OF_ROLE, "role_id"),
    "resource.of_app": partial(listed, RESOURCE, OF_APP, "app"),
}
