"""Refusals of the roles family."""

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
    """Another app has the code."""

    code = "app.code_taken"
    text = "the code is another app's"


class GroupCodeTaken(Refusal):
    """Another group of the app has the code."""

    code = "group.code_taken"
    text = "the code is another group's of the app"


class RoleCodeTaken(Refusal):
    """Another role of the app, soft-deleted or not, has the code."""

    code = "role.code_taken"
    text = "the code is another role's of the app"


class ResourceCodeTaken(Refusal):
    """Another resource of the app has the code."""

    code = "resource.code_taken"
    text = "the code is another resource's of the app"


class ResourceTypeCodeTaken(Refusal):
    """Another resource type has the code."""

    code = "resource_type.code_taken"
    text = "the code is another resource type's"


class GroupIdTaken(Refusal):
    """The chosen id belongs to a group, or to a deleted one whose links are still being removed."""

    code = "group.id_taken"
    text = "the id belongs to another group"


class RoleIdTaken(Refusal):
    """The chosen id belongs to a role, soft-deleted or not, or to a deleted one whose links are still being removed."""

    code = "role.id_taken"
    text = "the id belongs to another role"


class RoleNameTaken(Refusal):
    """Another live role of any app has this name, letter case ignored; only if the command requires a unique name."""

    code = "role.name_taken"
    text = "another role has this name"


class AdminProtected(Refusal):
    """An administrator role cannot be changed, deleted or given by whoever may not; its app cannot be deleted."""

    code = "role.admin_protected"
    text = "an administrator role cannot be changed or given here"
