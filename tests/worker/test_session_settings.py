"""The settings for signing in."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from models.realms import Policy
from worker.session_settings import SignInSettings


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
