"""Refusals of migrations."""

from models.errors.base import Refusal


class MigrationNotFound(Refusal):
    """No migration of that number in this version."""

    kind = "not_found"
    code = "migration.not_found"
    text = "this version has no migration of that number: `migration.list` tells which there are"
