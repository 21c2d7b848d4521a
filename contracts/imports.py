"""Import users in bulk, with the password hashes of their former system."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetPydanticSchema

from contracts.base import Command, Family, Query, Requests, View
from contracts.problem import Problem
from contracts.types import Flag, Id, PastTimestamp, Uuid
from contracts.users import NewUser


class RowFailed(View):
    """A row that was not imported: its index in the list, from 0, and the problem."""

    index: int
    problem: Problem


class Imported(View):
    """How many users were created and skipped, and the rows that failed.

    `without_password` are the indexes of created users whose `password_hash` says that nobody can sign in.
    """

    created: int
    skipped: int
    failed: list[RowFailed]
    without_password: list[int] = []


class ImportedUser(NewUser):
    """One user of an import: the fields of `user.create` without a plain password.

    `password_hash` is the former system's hash as stored there, of a scheme listed in docs/passwords.md, taking at most
    one second to check; the first sign-in replaces it by one of userbus's own. Where it says that nobody can sign in
    (empty, `*`, or beginning with `!`), the user has no password; a password stored in plain is hashed. `uuid` and
    `created_at` (since 1900, not in the future) are kept if given; `disabled` (1) imports a user who cannot sign in
    until `user.enable`. `id` may have 53 bits; passport can name only ids up to 2,147,483,647.
    """

    id: Id | None = None
    uuid: Uuid | None = None
    created_at: PastTimestamp | None = None
    disabled: Flag = 0


# a row is checked by itself, so that one faulty row fails alone; the schema still tells what a row is
ImportRow = Annotated[
    dict[str, Any],
    GetPydanticSchema(get_pydantic_json_schema=lambda _, tell: tell(ImportedUser.__pydantic_core_schema__)),
]


class ImportUsers(Command[Imported]):
    """Create up to 1,000 users in one transaction; a faulty row fails alone.

    The body may have up to 1 MiB. A row whose identifier, id, uuid, external_id or account is taken, by a stored user
    or an earlier row, is skipped with `on_conflict` "skip" and reported with "fail". Unknown roles, groups and
    integrations, invalid fields and refused hashes are always reported. Each created user has one event,
    `user.created`, with its accounts, role_ids and group_ids; there is no `account.bound`, `role.assigned` or
    `group.joined` beside it.
    """

    max_body: ClassVar[int] = 1024 * 1024

    users: Annotated[list[ImportRow], Field(max_length=1000)]
    on_conflict: Literal["skip", "fail"] = "fail"


class ImportChecked(View):
    """How many users an import would create, and the rows that would fail.

    `without_password` are the indexes of rows whose `password_hash` says that nobody can sign in; `schemes` counts the
    hashes that are taken, by scheme.
    """

    importable: int
    failed: list[RowFailed]
    without_password: list[int] = []
    schemes: dict[str, int] = {}


class CheckImport(Query[ImportChecked]):
    """Tell what `user.import` would do with these rows now, taken identifiers as failures; nothing is written."""

    max_body: ClassVar[int] = ImportUsers.max_body

    users: Annotated[list[ImportRow], Field(max_length=1000)]


FAMILY: Family = "user"
REQUESTS: Requests = {"user.import": ImportUsers, "user.check_import": CheckImport}
