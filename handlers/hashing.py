"""Slow work on passwords, done before the transaction opens and once a command, however often it runs again."""

from pydantic import SecretStr

from models.unit import Unit
from models.users import User


def refuse_weak(password: SecretStr, rules: str, unit: Unit) -> None:
    """Raise `PasswordWeak` where the standard rules apply to a new password and it breaks them."""
    if rules == "standard":
        unit.passwords.refuse_weak(password.get_secret_value())


async def hashed(password: SecretStr, rules: str, unit: Unit) -> str:
    """The hash of a new password. Raises `PasswordWeak` under the standard rules, `HashingBusy`."""
    refuse_weak(password, rules, unit)
    return await unit.once("hashed", lambda: unit.passwords.hash(password.get_secret_value()))


async def verified(password: SecretStr, user: User | None, unit: Unit) -> tuple[bool, str | None]:
    """Whether it is the user's password, and a better hash if the stored one is outdated. Raises `HashingBusy`."""
    stored = user.password if user else None
    return await unit.once(("verified", stored), lambda: unit.passwords.verify(password.get_secret_value(), stored))
