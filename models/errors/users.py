"""Refusals of the users family."""

from models.errors.base import Refusal


class UserNotFound(Refusal):
    """No such live user."""

    kind = "not_found"
    code = "user.not_found"
    text = "no such user"


class UsernameTaken(Refusal):
    """The username is a login identifier of another live user."""

    code = "user.username_taken"
    text = "the username is a login identifier of another user"


class EmailTaken(Refusal):
    """The e-mail address is a login identifier of another live user."""

    code = "user.email_taken"
    text = "the e-mail address is a login identifier of another user"


class TelephoneTaken(Refusal):
    """The telephone number is a login identifier of another live user."""

    code = "user.telephone_taken"
    text = "the telephone number is a login identifier of another user"


class UsernameMixed(Refusal):
    """The letters of the username are of several scripts, where the deployment refuses that."""

    kind = "invalid"
    code = "user.username_mixed"
    text = "the letters of the username are of several scripts, such as Latin and Cyrillic"


class UserIdTaken(Refusal):
    """The chosen id belongs to a user, deleted or not."""

    code = "user.id_taken"
    text = "the id belongs to another user"


class UserExternalIdTaken(Refusal):
    """The id of another system belongs to a user, deleted or not."""

    code = "user.external_id_taken"
    text = "the external id belongs to another user"


class UserUuidTaken(Refusal):
    """The UUID belongs to a user, deleted or not."""

    code = "user.uuid_taken"
    text = "the UUID belongs to another user"


class UserStale(Refusal):
    """The user has changed since the revision in the command."""

    code = "user.stale"
    text = "the user has changed since that revision: read it again"


class UserUnidentified(Refusal):
    """The change would leave the user without any login identifier."""

    kind = "invalid"
    code = "user.unidentified"
    text = "a user keeps at least one of username, email, telephone"


class RootProtected(Refusal):
    """A root user cannot be deleted, nor changed by whoever may not."""

    code = "user.root_protected"
    text = "a root user cannot be deleted, and is changed by root users alone"
