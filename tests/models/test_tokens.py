"""When a service token is good."""

from datetime import timedelta

import pytest

from models.errors.auth import TokenInvalid
from models.secrets.keys import token_hash
from models.store.document import now
from models.tokens import Token, live_filter


def new_token(left: timedelta, revoked: bool = False) -> Token:
    hash = token_hash("secret")
    return Token(id=1, name="Billing", hash=hash, scopes=["user.*"], expires_at=now() + left, revoked=revoked)


def test_a_token_is_good_until_it_ends() -> None:
    new_token(timedelta(seconds=30)).refuse_ended()


@pytest.mark.parametrize("left", [timedelta(), timedelta(seconds=-1), timedelta(days=-400)])
def test_an_expired_token_is_refused(left: timedelta) -> None:
    with pytest.raises(TokenInvalid):
        new_token(left).refuse_ended()


def test_a_revoked_token_is_refused_though_it_has_not_ended() -> None:
    with pytest.raises(TokenInvalid):
        new_token(timedelta(days=1), revoked=True).refuse_ended()


def test_a_token_is_stored_by_its_hash_and_found_by_its_name_in_any_case() -> None:
    row = new_token(timedelta(days=1)).to_row()
    assert row["hash"] == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    assert (row["folded"], row["name"], row["_id"]) == ({"name": "billing"}, "Billing", 1)
    assert "secret" not in str(row)


def test_a_list_of_live_tokens_leaves_out_revoked_and_expired_ones() -> None:
    where = live_filter()
    assert where["revoked"] is False
    assert [*where["expires_at"]] == ["$gt"]
    assert abs(where["expires_at"]["$gt"] - now()) < timedelta(minutes=1)
