"""Users: identity, contact fields, notification accounts and links; their commands and events."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from contracts.base import Command, Deleted, Events, Family, Message, Requests
from contracts.types import ChosenId, Email, Flag, Id, Ids, Password, Status, Text, Username, UserType
from contracts.user_views import UserChanged, UserErased, UserView

PasswordRules = Literal["standard", "dialect"]


class NewAccount(Message):
    """A notification account to store: the integration's name, and the account's name there, compared exactly."""

    integration: Text
    account: Text


Accounts = Annotated[list[NewAccount], Field(max_length=100)]


class Profile(Message):
    """Fields that describe a user, and its links.

    `password_hash` is a hash of another system, of a scheme listed in docs/passwords.md.
    """

    username: Username | None = None
    email: Email | None = None
    name: Text | None = None
    telephone: Text | None = None
    mobile: Text | None = None
    position: Text | None = None
    company: Text | None = None
    gender: Text | None = None
    usertype: UserType = "user"
    email_verified: Flag = 0
    telephone_verified: Flag = 0
    password_hash: SecretStr | None = None
    role_ids: Ids = []
    group_ids: Ids = []
    accounts: Accounts = []


class NewUser(Profile):
    """A user to create, with at least one of username, email and telephone.

    `external_id` is the id under which another system knows the user, unique in userbus; it never changes.
    """

    id: ChosenId | None = None
    external_id: Text | None = None

    @model_validator(mode="after")
    def _require_identifier(self) -> Self:
        if not (self.username or self.email or self.telephone):
            raise ValueError("give at least one of username, email, telephone")
        return self


class UserWithPassword(Profile):
    """A user with a plain password or the hash of another system, not both.

    `password_rules` "standard" demands 8 to 128 characters that are none of the commonest passwords; "dialect" tells
    that the caller has applied a documented rule of its own.
    """

    password: Password | None = None
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.password and self.password_hash:
            raise ValueError("give either password or password_hash, not both")
        return self


class CreateUser(NewUser, UserWithPassword, Command[UserView]):
    """Create a user with its accounts, roles and groups, all or nothing.

    Requires at least one of username, email and telephone. `id` is the caller's choice, else the next one. A `root`
    user may do everything in passport and cannot be deleted; where callers are checked, making one takes the right to
    `user.set_root` as well. Fails with `password.weak`, `password.hash_refused`, `user.id_taken`,
    `user.external_id_taken`, `user.username_mixed`, `user.username_taken`, `user.email_taken`, `user.telephone_taken`,
    `integration.not_found`, `account.taken`, `role.not_found`, `group.not_found`.
    """

    root: Flag = 0

    @property
    def also_requires(self) -> tuple[str, ...]:
        """The right to make a root user."""
        return ("user.set_root",) if self.root else ()


class UpdateUser(UserWithPassword, Command[UserView]):
    """Change the given fields of a live user; null clears, `role_ids`, `group_ids` and `accounts` replace.

    With `revision` it fails with `user.stale` if the user has changed since. Setting or clearing the password ends
    every session and token of the user; a telephone number that is taken from it loses its SMS code. An account at
    an integration where the user has one already keeps its number and its place: another order is no change. A role
    or group that the user has already may be named although it has been deleted since; with `live_roles` no such
    role may. `role_ids` of a root user are ignored. With `protect_root` a root user stays as it is:
    `user.root_protected`. Fails with `user.not_found`, `user.stale`, `user.unidentified` (no identifier would be
    left), and with the codes of `user.create`.
    """

    id: Id
    revision: int | None = None
    protect_root: bool = False
    live_roles: bool = False


class SetUserStatus(Command[UserView]):
    """Soft-delete (-1) or restore (1) a user; without `status` only `updated_at` moves.

    A deleted user releases its identifiers; restoring checks them again. Both end every session and token. With
    `protect_root` a root user stays as it is. Fails with
    `user.not_found`, `user.root_protected`, `user.username_taken`, `user.email_taken`, `user.telephone_taken`. Source:
    passport (002), update_field.
    """

    id: Id
    status: Status | None = None
    protect_root: bool = False


class SetUserRoot(Command[UserView]):
    """Make a live user a root user (1), or an ordinary one again (0), which ends its sessions of the console.

    Fails with `user.not_found`.
    """

    id: Id
    root: Flag


class DisableUser(Command[UserView]):
    """Refuse a live user every sign-in, and end its sessions and tokens; the user keeps all else.

    Nothing changes for a user who is disabled already. With `protect_root` a root user stays as it is. Fails with
    `user.not_found`, `user.root_protected`.
    """

    id: Id
    protect_root: bool = False


class EnableUser(Command[UserView]):
    """Let a disabled user sign in again, with the password as it was. Fails with `user.not_found`."""

    id: Id


class DeleteUser(Command[Deleted]):
    """Erase a user for good, with its accounts, links, sessions, tokens and codes, soft-deleted or not.

    An unknown id deletes 0. Fails with `user.root_protected`.
    """

    id: Id


FAMILY: Family = "user"
REQUESTS: Requests = {
    "user.create": CreateUser,
    "user.update": UpdateUser,
    "user.set_status": SetUserStatus,
    "user.set_root": SetUserRoot,
    "user.disable": DisableUser,
    "user.enable": EnableUser,
    "user.delete": DeleteUser,
}
EVENTS: Events = {
    "user.created": UserView,
    "user.updated": UserChanged,
    "user.deleted": UserView,
    "user.restored": UserView,
    "user.disabled": UserView,
    "user.enabled": UserView,
    "user.erased": UserErased,
}
