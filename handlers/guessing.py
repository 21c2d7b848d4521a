"""Counting wrong passwords."""

from contracts.auth import LockoutView
from models.errors.auth import BadCredentials
from models.lockouts import Lockout
from models.unit import Unit


async def guessed_wrong(fresh: Lockout, unit: Unit) -> BadCredentials:
    """Count a failure and tell of it; what to refuse with. Raises `AuthLocked`, `BadCredentials` past the limit."""
    lockout = await unit.lockouts.counted(fresh)
    locks = lockout.fail()
    unit.emit("auth.sign_in_failed", lockout, _view)
    if locks:
        unit.emit("auth.locked", lockout, _view)
    await unit.lockouts.save(lockout)
    return BadCredentials(details={"delay": lockout.delay} if lockout.delay else None)


def _view(lockout: Lockout) -> LockoutView:
    shown = lockout.model_dump(include={"realm", "user_id", "locked_until"})
    return LockoutView(**shown, failures=len(lockout.failures))
