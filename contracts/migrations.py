"""Migrations of what is stored."""

from typing import Annotated

from pydantic import Field

from contracts.base import Command, Events, Family, Query, Requests, View
from contracts.types import Timestamp


class MigrationView(View):
    """A migration of the store: what it does, how many rows are left to do and how many were migrated.

    `automatic`: workers do it by themselves, beside workers of earlier versions. `stuck` rows stay as they are until
    somebody corrects them; the log of the workers names them. `ended_at` is null while rows are left.
    """

    number: int
    name: str
    summary: str
    automatic: bool
    left: int
    stuck: int
    migrated: int
    began_at: Timestamp | None
    ended_at: Timestamp | None


class MigrationList(View):
    """Migrations by their numbers."""

    items: list[MigrationView]


class ListMigrations(Query[MigrationList]):
    """List the migrations that the answering worker knows, with what is left of each; nothing is changed."""


class RunMigration(Command[MigrationView]):
    """Migrate rows for some seconds; send it again, under a new message_id, while `left` is not 0.

    What is not automatic may be run only when no worker of an earlier version is left: none starts afterwards. Fails
    with `migration.not_found`.
    """

    number: Annotated[int, Field(ge=1)]


FAMILY: Family = "user"
REQUESTS: Requests = {"migration.list": ListMigrations, "migration.run": RunMigration}
EVENTS: Events = {}
