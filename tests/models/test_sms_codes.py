"""The rules of a telephone's code, without a database."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.secrets.keys import Keys
from models.sms_codes import LIFE, RESEND, SmsNumber, SmsNumberRepository, SmsSend, generate_code
from models.store.client import Store
from models.store.document import now
from models.store.scope import TransactionScope, provide
from tests.support.stack import SECRET


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


def test_the_code_after_a_used_one_has_all_its_tries() -> None:
    row = telephone()
    assert not row.consume_code("guess")
    assert row.consume_code("hash")
    row.code, row.expires_at = "next", now() + LIFE
    assert row.tries_left == 5


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


async def test_a_number_and_its_codes_are_stored_as_keyed_hashes_however_it_is_written() -> None:
    store = Store("mongodb://127.0.0.1:1/userbus")  # which is not asked
    numbers = SmsNumberRepository(store, TransactionScope(store, provide(None)), Keys(SECRET), "86")
    digest = numbers.digest("13800001114")
    assert digest == numbers.digest(" +86 138-0000-1114 ") == Keys(SECRET).hash_code("telephone", "+8613800001114")[:32]
    assert digest != numbers.digest("13800001115")
    hashed = numbers.code_hash("13800001114", "012345")
    assert hashed == numbers.code_hash("+8613800001114", "012345") == Keys(SECRET).hash_code("sms", f"{digest}:012345")
    assert len({hashed, numbers.code_hash("13800001114", "012346"), numbers.code_hash("13800001115", "012345")}) == 3
    await store.close()


def test_a_command_finds_its_own_message_and_how_long_its_code_is_good() -> None:
    at = now() - timedelta(seconds=100)
    sends = [SmsSend(command=name, at=at + timedelta(seconds=n), lapses=at) for n, name in enumerate(("a", "b"))]
    row = SmsNumber(id=1, number="digest", sends=sends)
    assert [row.find_send(name) for name in ("a", "b", "c")] == [*sends, None]
    later = at + timedelta(seconds=1)
    assert row.send_times("b") == {"expires_at": later + LIFE, "resend_at": later + RESEND}
    assert row.send_times("c") == {"expires_at": row.updated_at + LIFE, "resend_at": row.updated_at + RESEND}
    assert (timedelta(minutes=5), timedelta(minutes=1)) == (LIFE, RESEND)
