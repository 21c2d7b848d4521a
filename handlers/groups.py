"""The groups: create, update, get, search, delete; join and leave, grant and withdraw; of a user, an app."""

from functools import partial

from contracts.groups import GroupPage
from handlers.deps import Handlers
from handlers.links import GROUP_ROLES, USER_GROUPS, add_links, remove_links
from handlers.rows import Noun, listed, verbs
from models.paths import GROUPS_OF_USER, OF_APP

GROUP = Noun("group", GroupPage, lambda unit: unit.groups)

HANDLERS: Handlers = {
    **verbs(GROUP),
    "group.join": partial(add_links, USER_GROUPS),
    "group.leave": partial(remove_links, USER_GROUPS),
    "group.grant": partial(add_links, GROUP_ROLES),
    "group.withdraw": partial(remove_links, GROUP_ROLES),
    "group.of_user": partial(listed, GROUP, GROUPS_OF_USER, "user_id"),
    "group.of_app": partial(listed, GROUP, OF_APP, "app"),
}
