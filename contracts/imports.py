"""Importing users in bulk, with the password hashes of the system that they come from."""

from typing import Annotated, Any, Literal

from pydantic import Field, GetPydanticSchema

from contracts.base import Command, Requests, View
from contracts.problem import Problem
from contracts.users import NewUser


class ImportedUser(NewUser):
    """One user of an import: the fields of `user.create`, but no plain password.

    `password_hash` is bcrypt, pbkdf2_sha256/512 (Django's too), scrypt, sha256/512_crypt or argon2, of a cost that
    takes at most a second to check; it is upgraded at the first sign-in.
    """


# a row is checked by itself, so that one faulty row fails alone; the schema still tells what a row is
Row = Annotated[
    dict[str, Any],
    GetPydanticSchema(get_pydantic_json_schema=lambda _, tell: tell(ImportedUser.__pydantic_core_schema__)),
]


class ImportUsers(Command):
    """Create up to 1,000 users in one transaction; each row is checked by itself and fails alone.

    A row whose identifier, id or account is taken, by a stored user or by a row before it, is skipped silently with
    `on_conflict` "skip", or reported with "fail". Unknown roles, groups and integrations, unfit fields and hashes are
    always reported. The body may have 1 MiB. Each created user is told by one event, `user.created`, which holds its
    accounts, role_ids and group_ids; there is no `account.bound`, `role.assigned` or `group.joined` beside it.
    """

    users: Annotated[list[Row], Field(max_length=1000)]
    on_conflict: Literal["skip", "fail"] = "fail"


class RowFailed(View):
    """A row that was not imported: its place in the list, from 0, and why."""

    index: int
    problem: Problem


class Imported(View):
    """How many users were created and skipped, and the rows that failed."""

    created: int
    skipped: int
    failed: list[RowFailed]


REQUESTS: Requests = {"user.import": (ImportUsers, Imported)}
