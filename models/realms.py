"""Realms, the separate places where users sign in, and the other choices of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from models.errors.users import UsernameMixed
from models.username_scripts import has_mixed_scripts

ALL = ("username", "email", "telephone")
WORKING_DAY = 43_200
GUEST = ("APPSTORE", "GUEST")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lifetimes of sessions in seconds, by realm; `absolute` limits those that each use prolongs."""

    idle: int = 86_400
    remembered: int = 1_209_600
    usermgmt: int = 3_600
    tenant: int = 1_209_600
    passport: int = 7_200
    console: int = 3_600
    absolute: int = 2_592_000


@dataclass(frozen=True, slots=True)
class RealmSettings:
    """The settings of one realm: accepted login identifiers, lifetime of sessions, protection against guessing.

    `absolute` limits how long use can prolong a session, where it is less than the deployment's. `root_only`: nobody
    but root users is signed in. `single`: a new session replaces the user's earlier one. `locks`: failed sign-ins lock
    the identifier as typed; otherwise replies are delayed more and more. `cookie`: signing out without a session
    succeeds.
    """

    lifetime: int
    logins: tuple[str, ...] = ALL
    sliding: bool = True
    remembered: int | None = None
    absolute: int | None = None
    root_only: bool = False
    single: bool = False
    locks: bool = False
    cookie: bool = True

    def session_lifetime(self, remember: bool) -> tuple[int, bool]:
        """The lifetime of a session in seconds, and whether each use prolongs it."""
        return (self.remembered, False) if remember and self.remembered else (self.lifetime, self.sliding)

    def longest(self, absolute: timedelta) -> timedelta:
        """How long use can prolong a session, where the deployment's limit is `absolute`."""
        return absolute if self.absolute is None else min(absolute, timedelta(seconds=self.absolute))


def realms(lifetimes: Lifetimes) -> dict[str, RealmSettings]:
    """The realms by name."""
    local = ("username", "email")
    return {
        "standard": RealmSettings(lifetimes.idle, remembered=lifetimes.remembered),
        "usermgmt": RealmSettings(lifetimes.usermgmt, locks=True),
        "starcedu_local": RealmSettings(lifetimes.idle, local, remembered=lifetimes.remembered),
        "starcedu_tenant": RealmSettings(lifetimes.tenant, local, sliding=False, single=True, cookie=False),
        "passport": RealmSettings(lifetimes.passport, ("email",), sliding=False, single=True, cookie=False),
        "console": RealmSettings(lifetimes.console, absolute=WORKING_DAY, root_only=True, locks=True),
    }


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of a deployment: realms, how long use can prolong a session, the (app, role) codes of new users.

    `single_script`: the letters of a new username are of one script, or of those that are written together.
    """

    realms: Mapping[str, RealmSettings] = field(default_factory=lambda: realms(Lifetimes()))
    absolute: timedelta = timedelta(seconds=2_592_000)
    default_roles: tuple[tuple[str, str], ...] = (GUEST,)
    single_script: bool = False

    def refuse_username(self, username: str | None) -> None:
        """Raise `UsernameMixed` if the deployment refuses the scripts of a new username."""
        if self.single_script and username and has_mixed_scripts(username):
            raise UsernameMixed(details=[{"field": "username", "message": UsernameMixed.text}])
