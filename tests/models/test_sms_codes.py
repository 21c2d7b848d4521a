"""The rules of a telephone's code, without a database."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.sms_codes import LIFE, SmsNumber, generate_code
from models.store.document import now


def telephone(code: str = "hash") -> SmsNumber:
    return SmsNumber(id=1, number="digest", code=code, expires_at=now() + LIFE)


def test_codes_have_six_digits_and_use_the_whole_range() -> None:
    codes = {generate_code() for _ in range(5000)}
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert {code[0] for code in codes} == set("0123456789")
    assert len(codes) > 4900


def test_the_right_code_is_used_up() -> None:
    row = telephone()
    assert row.consume_code("hash")
    assert row.code is None
    assert not row.consume_code("hash")


def test_an_expired_code_is_dropped() -> None:
    row = telephone()
    row.expires_at = now() - timedelta(milliseconds=1)
    assert not row.consume_code("hash")
    assert row.code is None


@given(st.integers(min_value=0, max_value=20))
def test_a_code_survives_four_wrong_tries(wrong: int) -> None:
    row = telephone()
    assert not any(row.consume_code("guess") for _ in range(wrong))
    assert row.tries_left == max(0, 5 - wrong)
    assert row.consume_code("hash") is (wrong < 5)


def test_an_empty_guess_does_not_match_the_absence_of_a_code() -> None:
    row = SmsNumber(id=1, number="digest")
    assert not row.consume_code("")
