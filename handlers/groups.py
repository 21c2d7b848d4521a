"""Groups: create, update, get, search, delete; join, leave, grant, withdraw; list those of a user or an app."""

from functools import partial

from contracts.groups import GroupPage
from handlers.coded import CodedNoun, coded_handlers, list_of_app, list_related
from handlers.handler import Handlers
from handlers.links import GROUP_ROLES, USER_GROUPS, add_links, remove_links
from models.effective_roles import GROUPS_OF_USER

GROUP = CodedNoun("group", GroupPage, lambda unit: unit.groups)

HANDLERS: Handlers = {
    **coded_handlers(GROUP),
    "group.join": partial(add_links, USER_GROUPS),
    "group.leave": partial(remove_links, USER_GROUPS),
    "group.grant": partial(add_links, GROUP_ROLES),
    "group.withdraw": partial(remove_links, GROUP_ROLES),
    "group.of_user": partial(list_related, GROUP, GROUPS_OF_USER, "user_id"),
    "group.of_app": partial(list_of_app, GROUP),
}
