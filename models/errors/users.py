"""Why the users family says no."""

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


class UserIdTaken(Refusal):
    """The explicit id belongs to a user, deleted or not."""

    code = "user.id_taken"
    text = "the id belongs to another user"


class UserStale(Refusal):
    """The user has moved on since the revision that the caller saw."""

    code = "user.stale"
    text = "the user has changed since that revision: read it again"


class UserUnidentified(Refusal):
    """The change would leave the user without any login identifier."""

    kind = "invalid"
    code = "user.unidentified"
    text = "a user keeps at least one of username, email, telephone"


class RootProtected(Refusal):
    """A root user cannot be deleted."""

    code = "user.root_protected"
    text = "a root user cannot be deleted"
