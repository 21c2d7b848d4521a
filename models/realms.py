"""Realms: the doors through which users sign in, how long a sign-in lasts there, and what else a deployment decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

ALL = ("username", "email", "telephone")
GUEST = ("APPSTORE", "GUEST")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions live, in seconds: unused, remembered, by realm; `absolute` bounds those that use prolongs."""

    idle: int = 86_400
    remembered: int = 1_209_600
    usermgmt: int = 3_600
    tenant: int = 1_209_600
    passport: int = 7_200
    absolute: int = 2_592_000


@dataclass(frozen=True, slots=True)
class Realm:
    """One door: the identifiers it looks among, its sessions' life, and how it meets guessing.

    `single`: a new session replaces the user's earlier one. `locks`: guessing locks the identifier as typed, else
    answers come later and later. `cookie`: whether ending a session that is not there is no fault.
    """

    lifetime: int
    logins: tuple[str, ...] = ALL
    sliding: bool = True
    remembered: int | None = None
    single: bool = False
    locks: bool = False
    cookie: bool = True

    def life(self, remember: bool) -> tuple[int, bool]:
        """Seconds that a session lives, and whether each use prolongs it."""
        return (self.remembered, False) if remember and self.remembered else (self.lifetime, self.sliding)


def realms(lives: Lifetimes) -> dict[str, Realm]:
    """The realms by name (REST contract 4.3, 5.2, 6.3)."""
    local = ("username", "email")
    return {
        "standard": Realm(lives.idle, remembered=lives.remembered),
        "usermgmt": Realm(lives.usermgmt, locks=True),
        "starcedu_local": Realm(lives.idle, local, remembered=lives.remembered),
        "starcedu_tenant": Realm(lives.tenant, local, sliding=False, single=True, cookie=False),
        "passport": Realm(lives.passport, ("email",), sliding=False, single=True, cookie=False),
    }


@dataclass(frozen=True, slots=True)
class Policy:
    """What a deployment decides: the realms, how long use can prolong a session, and (app, role) given to newcomers."""

    realms: Mapping[str, Realm] = field(default_factory=lambda: realms(Lifetimes()))
    absolute: timedelta = timedelta(seconds=2_592_000)
    default_roles: tuple[tuple[str, str], ...] = (GUEST,)
