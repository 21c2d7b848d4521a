"""How long sessions live."""

from datetime import timedelta

from models.sessions import Session
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
