"""Hashing and verifying passwords before the transaction starts, once per command however often it runs again."""

from collections.abc import Hashable

from pydantic import SecretStr

from models.secrets.hashes.reading import accept, is_without_password, plain_password
from models.secrets.passwords import imported_hash
from models.unit_of_work import UnitOfWork
from models.users import User


def refuse_weak(password: SecretStr, rules: str, unit: UnitOfWork) -> None:
    """Raise `PasswordWeak` if `rules` are the standard ones and a new password breaks them."""
    if rules == "standard":
        unit.dependencies.passwords.refuse_weak(password.get_secret_value())


async def hash_password(password: SecretStr, rules: str, unit: UnitOfWork) -> str:
    """Hash a new password. Raises `PasswordWeak` under the standard rules, `HashingBusy`."""
    refuse_weak(password, rules, unit)
    return await unit.run_once("hash_password", lambda: unit.dependencies.passwords.hash(password.get_secret_value()))


async def import_hash(stored: SecretStr, unit: UnitOfWork, key: Hashable = None) -> str | None:
    """Return what to store for another system's hash, or None if it means that nobody can sign in.

    A plain password is hashed; `key` tells the hashes of one command apart. Raises `HashRefused`, `HashingBusy`.
    """
    text = stored.get_secret_value()
    plain = plain_password(text)
    if plain is None:
        return imported_hash(text)
    if not plain:
        return None
    return await unit.run_once(("import_hash", key), lambda: unit.dependencies.passwords.hash_imported(plain))


def hash_scheme(stored: SecretStr) -> str | None:
    """Return the scheme of another system's hash, "plain" for a password; None if nobody can sign in with it.

    Raises `HashRefused`.
    """
    text = stored.get_secret_value()
    plain = plain_password(text)
    if plain is not None:
        return "plain" if plain else None
    return None if is_without_password(text) else accept(text).scheme


async def verify_password(password: SecretStr, user: User | None, unit: UnitOfWork) -> tuple[bool, str | None]:
    """Return whether the password is the user's, and a stronger hash if the stored one is outdated.

    An unknown user, or one without a password, takes the same time. Raises `HashingBusy`.
    """
    stored = user.password if user else None
    return await unit.run_once(
        ("verify_password", stored), lambda: unit.dependencies.passwords.verify(password.get_secret_value(), stored)
    )
