"""The settings for signing in."""

import re
from datetime import timedelta

import pytest
from pydantic import ValidationError

from contracts.auth import SessionOptions
from models.lockouts import LOCKING
from models.realms import ALL, Policy, RealmSettings
from worker.session_settings import SignInSettings

SECONDS = {"h": 3_600, "days": 86_400, "s": 1}
LIFETIME = re.compile(r"(`remember` )?([\d,]+) (h|days|s)( unused)?")


def documented_realms() -> dict[str, list[str]]:
    """The rows of the table in the documents of the bus, by realm."""
    rows = [line.strip().strip("|").split("|") for line in (SessionOptions.__doc__ or "").splitlines() if "|" in line]
    return {name.strip(): [cell.strip() for cell in cells] for name, *cells in rows[2:]}


def lifetimes(cell: str) -> list[tuple[int, str]]:
    """The lifetimes of a cell in seconds, each with what it is of."""
    found = [LIFETIME.fullmatch(part) for part in cell.split(", ")]
    return [(int(m[2].replace(",", "")) * SECONDS[m[3]], (m[1] or m[4] or "").strip(" `")) for m in found if m]


def expected(realm: RealmSettings) -> tuple[str, list[tuple[int, str]], bool, bool]:
    """What the table should say: identifiers, lifetimes, whether a session replaces the user's, whether it locks."""
    names = "all" if realm.logins == ALL else ", ".join(realm.logins).replace("email", "e-mail")
    lives = [(realm.lifetime, "unused" if realm.sliding else "")]
    lives += [(realm.remembered, "remember")] if realm.remembered else []
    lives += [(realm.absolute, "")] if realm.absolute else []
    return names + (", of root users" if realm.root_only else ""), lives, realm.single, realm.locks


def test_the_documents_tell_how_sessions_of_each_realm_begin_and_end() -> None:
    told = {
        name: (logins, lifetimes(ends), "the user's" in replaced, guessing == "lock for 5 minutes")
        for name, (logins, ends, replaced, guessing) in documented_realms().items()
    }
    assert told == {name: expected(realm) for name, realm in Policy().realms.items()}
    assert LOCKING.lock == timedelta(minutes=5)


def test_the_defaults_are_those_of_the_documents() -> None:
    assert SignInSettings().policy == Policy()
    lives = {name: realm.session_lifetime(remember=True) for name, realm in Policy().realms.items()}
    assert lives == {
        "standard": (1209600, False),
        "usermgmt": (3600, True),
        "starcedu_local": (1209600, False),
        "starcedu_tenant": (1209600, False),
        "passport": (7200, False),
        "console": (3600, True),
    }


def test_lifetimes_and_default_roles_can_be_set() -> None:
    policy = SignInSettings(
        login_token_seconds=60, session_absolute_seconds=90, default_roles=" APPSTORE/GUEST, SHOP/BUYER ,"
    ).policy
    assert policy.realms["passport"].lifetime == 60
    assert policy.absolute == timedelta(seconds=90)
    assert policy.default_roles == (("APPSTORE", "GUEST"), ("SHOP", "BUYER"))


@pytest.mark.parametrize("listed", ["GUEST", "APPSTORE/", "/GUEST", "A/B/C"])
def test_a_default_role_that_is_no_pair_is_refused(listed: str) -> None:
    with pytest.raises(ValidationError, match="APPSTORE/GUEST"):
        SignInSettings(default_roles=listed)
