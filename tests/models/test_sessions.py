"""How long sessions live."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from models.sessions import PendingIdentity, Session
from models.store.document import now

DAY = timedelta(days=1)


def new_session(seconds: int, sliding: bool, absolute: timedelta = 30 * DAY) -> Session:
    return Session.create(1, "standard", (seconds, sliding), absolute)


def test_use_moves_the_end_of_a_sliding_session() -> None:
    session = new_session(3600, sliding=True)
    assert session.expires_at - session.created_at == timedelta(hours=1)
    assert not session.record_use()
    session.expires_at -= timedelta(minutes=2)
    assert session.record_use()
    assert session.expires_at >= now() + timedelta(minutes=59)


def test_a_short_session_is_refreshed_more_often() -> None:
    session = new_session(2, sliding=True)
    session.expires_at -= timedelta(milliseconds=200)
    assert session.record_use()


def test_use_never_moves_the_absolute_end() -> None:
    session = new_session(3600, sliding=True, absolute=DAY)
    session.ends_at = session.expires_at
    assert not session.record_use()
    assert session.expires_at == session.ends_at


def test_other_sessions_end_when_they_were_made_to() -> None:
    session = new_session(7200, sliding=False)
    assert session.ends_at == session.expires_at == session.created_at + timedelta(hours=2)
    assert not session.record_use()


def test_an_idle_limit_longer_than_the_absolute_one_is_the_absolute_one() -> None:
    session = new_session(7200, sliding=True, absolute=timedelta(seconds=60))
    assert session.ends_at == session.expires_at


def test_a_session_is_live_until_it_ends_and_in_its_own_realm() -> None:
    session = new_session(60, sliding=False)
    assert session.is_live(None)
    assert session.is_live("standard")
    assert not session.is_live("usermgmt")
    session.expires_at = now()
    assert not session.is_live(None)
    assert not session.is_live("standard")


def test_use_prolongs_a_session_by_its_own_lifetime_and_never_shortens_it() -> None:
    session = new_session(3600, sliding=True)
    session.expires_at = now() + timedelta(seconds=3600 - 61)
    assert session.record_use()
    assert timedelta(seconds=3590) < session.expires_at - now() <= timedelta(seconds=3600)
    later = session.expires_at = now() + timedelta(hours=2)
    assert not session.record_use()
    assert session.expires_at == later


def test_a_use_of_the_last_minute_is_not_worth_a_write() -> None:
    session = new_session(3600, sliding=True)
    session.expires_at -= timedelta(seconds=50)
    assert not session.record_use()
    short = new_session(1000, sliding=True)
    short.expires_at -= timedelta(seconds=48)
    assert not short.record_use()
    short.expires_at -= timedelta(seconds=51)
    assert short.record_use()


def test_who_is_signed_in_never_changes() -> None:
    session = Session.create(1, "starcedu_local", (60, True), DAY, user_id=7)
    session.hashes, session.identity, session.revision = ["h"], PendingIdentity(provider="lark", subject="ou_1"), 3
    assert session.user_id == 7
    with pytest.raises(ValidationError):
        session.user_id = 8  # type: ignore[misc]  # what the test is about
    left = session.copy_signed_out(2)
    assert (left.id, left.user_id, left.revision) == (2, None, 0)
    kept = {"id", "user_id", "revision"}
    assert left.model_dump(exclude=kept) == session.model_dump(exclude=kept)


def test_a_new_session_belongs_to_nobody() -> None:
    session = new_session(60, sliding=True, absolute=timedelta(hours=1))
    assert (session.id, session.realm, session.hashes, session.user_id) == (1, "standard", [], None)
    assert (session.sliding, session.lifetime) == (True, 60)
    assert session.ends_at - session.created_at == timedelta(hours=1)
