"""Logto: users as its management API takes them, or its table `users`."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A person; the form of the hash tells its algorithm, telephones begin with a calling code without `+`."""
    record.drop("passwordAlgorithm", "passwordEncryptionMethod")
    return {
        **record.take_identity("id"),
        "username": record.take_text("username"),
        "email": record.take_text("primaryEmail"),
        "name": record.take_text("name"),
        "telephone": record.take_telephone("primaryPhone", international=True),
        "created_at": record.take_time("createdAt"),
        "disabled": mark(record.take_flag("isSuspended")),
        "password_hash": record.take_text("passwordDigest", "passwordEncrypted"),
    }


SYSTEM = System(user, people=("", "users"))
