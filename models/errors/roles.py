"""Why the roles family says no."""

from models.errors.base import Refusal


class AppNotFound(Refusal):
    """No such app."""

    kind = "not_found"
    code = "app.not_found"
    text = "no such app"


class GroupNotFound(Refusal):
    """No such group."""

    kind = "not_found"
    code = "group.not_found"
    text = "no such group"


class RoleNotFound(Refusal):
    """No such live role."""

    kind = "not_found"
    code = "role.not_found"
    text = "no such role"


class ResourceNotFound(Refusal):
    """No such resource."""

    kind = "not_found"
    code = "resource.not_found"
    text = "no such resource"


class ResourceTypeNotFound(Refusal):
    """No such resource type."""

    kind = "not_found"
    code = "resource_type.not_found"
    text = "no such resource type"


class AppCodeTaken(Refusal):
    """The code is another app's."""

    code = "app.code_taken"
    text = "the code is another app's"


class GroupCodeTaken(Refusal):
    """The code is another group's of the app."""

    code = "group.code_taken"
    text = "the code is another group's of the app"


class RoleCodeTaken(Refusal):
    """The code is another role's of the app, deleted softly or not."""

    code = "role.code_taken"
    text = "the code is another role's of the app"


class ResourceCodeTaken(Refusal):
    """The code is another resource's of the app."""

    code = "resource.code_taken"
    text = "the code is another resource's of the app"


class ResourceTypeCodeTaken(Refusal):
    """The code is another resource type's."""

    code = "resource_type.code_taken"
    text = "the code is another resource type's"


class GroupIdTaken(Refusal):
    """The explicit id belongs to a group, or to a deleted one whose many links are still being removed."""

    code = "group.id_taken"
    text = "the id belongs to another group"


class RoleIdTaken(Refusal):
    """The explicit id belongs to a role, deleted softly or not, or to one whose many links are still being removed."""

    code = "role.id_taken"
    text = "the id belongs to another role"


class RoleNameTaken(Refusal):
    """Another live role of any app has this name, letter case ignored; only where a unique name was asked for."""

    code = "role.name_taken"
    text = "another role has this name"


class AdminProtected(Refusal):
    """An administrator role cannot be changed or deleted, nor the app that it belongs to be deleted."""

    code = "role.admin_protected"
    text = "an administrator role cannot be changed"
