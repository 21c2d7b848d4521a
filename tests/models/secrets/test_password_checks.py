"""What a check of a password does, pool by pool, with hashes that cost next to nothing: all of it is quick."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
from passlib.hash import argon2, hex_sha256, pbkdf2_sha256

from models.errors.auth import HashingBusy, PasswordWeak
from models.secrets.hashes.stored import StoredHash
from models.secrets.passwords import SAMPLES, Passwords, imported_hash

MEMORY, ROUNDS = 512, 2
RIGHT, WRONG, DECOMPOSED = "quietRiver42", "loudRiver4242", "A\u030angstro\u0308m"
CORES = os.cpu_count() or 1
FOREIGN = {
    "digest": hex_sha256.hash(RIGHT),
    "pbkdf2": pbkdf2_sha256.using(rounds=1).hash(RIGHT),
    "argon2 of two lanes": argon2.using(memory_cost=16, rounds=1, parallelism=2).hash(RIGHT),
}


class Observed(Passwords):
    """Records what is spent for the sake of time: KiB, and how many times."""

    def __init__(self, **settings: Any) -> None:
        self.spent: list[tuple[int, int]] = []
        super().__init__(**{"memory": MEMORY, "rounds": ROUNDS, **settings})
        self.measured = [*self.spent]
        self.spent.clear()

    def _spend(self, memory: int, times: int) -> None:
        self.spent.append((memory, times))
        super()._spend(memory, times)


@pytest.fixture
def passwords() -> Iterator[Observed]:
    made = Observed()
    yield made
    made.close()


def of_argon2(memory: int = MEMORY, rounds: int = ROUNDS, password: str = RIGHT) -> str:
    return str(argon2.using(memory_cost=memory, rounds=rounds, parallelism=1).hash(password))


async def test_a_new_hash_has_our_parameters_and_lets_its_password_in(passwords: Observed) -> None:
    for hash in (passwords.hash, passwords.hash_imported):
        stored = await hash(RIGHT)
        assert stored.startswith(f"$argon2id$v=19$m={MEMORY},t={ROUNDS},p=1$")
        assert await passwords.verify(RIGHT, stored) == (True, None)
        assert await passwords.verify(WRONG, stored) == (False, None)
        assert await passwords.verify("\u212bngstr\u00f6m", await hash(DECOMPOSED)) == (True, None)
    assert await passwords.hash(RIGHT) != await passwords.hash(RIGHT)


async def test_by_default_a_hash_is_as_owasp_wants_it() -> None:
    made = Passwords()
    assert (await made.hash(RIGHT)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    made.close()


@pytest.mark.parametrize("stored", [None, "", "!", "unreadable", "$2b$10$short"])
async def test_nothing_stored_lets_nobody_in_and_costs_as_much_as_a_hash_of_ours(
    stored: str | None, passwords: Observed
) -> None:
    assert await passwords.verify(RIGHT, stored) == (False, None)
    assert passwords.spent == [(MEMORY, 1)]
    assert await passwords.verify(DECOMPOSED, stored) == (False, None)
    assert passwords.spent[1:] == [(MEMORY, 2)]  # as typed, and in NFC


CHEAPER = {"argon2, less memory": of_argon2(32), "argon2, fewer rounds": of_argon2(512, 1), **FOREIGN}


@pytest.mark.parametrize("stored", CHEAPER.values(), ids=CHEAPER)
async def test_a_hash_cheaper_than_ours_is_made_up_for_and_replaced(stored: str, passwords: Observed) -> None:
    passwords._seconds = 1e9  # beside which all else takes no time
    assert await passwords.verify(WRONG, stored) == (False, None)
    assert passwords.spent == [(MEMORY - 1, 1)]
    assert await passwords.verify(DECOMPOSED, stored) == (False, None)
    assert passwords.spent[1:] == [(MEMORY - 1, 2)]
    is_right, better = await passwords.verify(RIGHT, stored)
    assert is_right
    assert better is not None
    assert await passwords.verify(RIGHT, better) == (True, None)
    assert len(passwords.spent) == 2


@pytest.mark.parametrize("stored", CHEAPER.values(), ids=CHEAPER)
async def test_only_the_rest_is_spent(stored: str, passwords: Observed) -> None:
    passwords._seconds = 1e-9
    assert await passwords.verify(WRONG, stored) == (False, None)
    ((memory, _),) = passwords.spent
    assert memory < 0  # which is nothing


async def test_for_a_hash_of_ours_nothing_more_is_spent(passwords: Observed) -> None:
    passwords._seconds = 1e9
    for password in (WRONG, DECOMPOSED):
        assert await passwords.verify(password, of_argon2()) == (False, None)
    assert passwords.spent == []


@pytest.mark.parametrize(
    ("password", "taken", "spent"),
    [(WRONG, 0.5, (384, 1)), (WRONG, 2.0, (0, 1)), (WRONG, 3.0, (-256, 1)), (DECOMPOSED, 2.0, (256, 2))],
)
async def test_the_rest_is_what_a_hash_of_ours_takes_longer(
    password: str, taken: float, spent: tuple[int, int]
) -> None:
    moments = iter([0.0, 5.0, 7.0, 10.0, 100.0, 100.0 + taken])  # the least of three measurements is 2 s
    made = Observed(clock=lambda: next(moments))
    assert await made.verify(password, FOREIGN["digest"]) == (False, None)
    assert made.spent == [spent]
    made.close()


def test_what_is_measured_is_one_hash_of_ours_some_times(passwords: Observed) -> None:
    assert passwords.measured == [(MEMORY, 1)] * SAMPLES


def test_what_is_spent_is_a_hash_with_so_much_memory_and_none_below_what_that_needs(passwords: Observed) -> None:
    with pytest.raises(OverflowError):  # which Argon2 says of so much
        passwords._spend(2**32, 1)
    for memory, times in ((2**32, 0), (7, 1), (-1, 1), (8, 1)):
        passwords._spend(memory, times)


@pytest.mark.parametrize(
    ("stored", "is_kept"),
    [(of_argon2(), True), (of_argon2(1024, 1), True), (of_argon2(511, 3), False), (of_argon2(512, 1), False)],
    ids=["ours", "more memory", "less memory", "fewer rounds"],
)
async def test_an_argon2_hash_that_is_as_good_as_ours_stays(stored: str, is_kept: bool, passwords: Observed) -> None:
    is_right, better = await passwords.verify(RIGHT, stored)
    assert (is_right, better is None) == (True, is_kept)


async def test_a_better_hash_is_of_the_password_as_typed(passwords: Observed) -> None:
    """The writer of this one takes blanks around a password off: stored is what was typed, or nothing new."""
    kept = StoredHash("wordpress", 0.001, lambda encoded: encoded == b"fine", variants=(str.strip,))
    texts = {"fine": b"fine"}
    assert passwords._verify(" fine ", texts, kept) == (True, None)
    is_right, better = passwords._verify("fine", texts, kept)
    assert is_right
    assert better is not None


@pytest.mark.parametrize("cost", [0.4, 0.5])
def test_texts_beyond_the_time_for_one_sign_in_are_not_tried(cost: float, passwords: Observed) -> None:
    tried: list[bytes] = []

    def refuse(encoded: bytes) -> bool:
        tried.append(encoded)
        return False

    texts = {str(number): bytes([number]) for number in range(5)}
    assert passwords._verify("a", texts, StoredHash("slow", cost, refuse)) == (False, None)
    assert tried == [b"\0", b"\1"]


def test_a_password_that_a_scheme_cannot_have_is_wrong(passwords: Observed) -> None:
    def refuse(_: bytes) -> bool:
        raise ValueError("NUL bytes")

    assert passwords._verify("a", {"a": b"a"}, StoredHash("strict", 0.001, refuse)) == (False, None)


async def hold(passwords: Passwords, pool: str, times: int) -> list[asyncio.Task[str]]:
    """Let so many hashes of ours be made in a pool, begun but not done."""
    make = passwords.hash if pool == "argon2" else passwords.hash_imported
    tasks = [asyncio.create_task(make(RIGHT)) for _ in range(times)]
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("stored", [None, of_argon2(), of_argon2(32), *FOREIGN.values()], ids=range(6))
async def test_whatever_is_stored_waits_in_our_own_queue_and_is_refused_when_that_is_full(stored: str | None) -> None:
    made = Observed(waiting=1)
    tasks = await hold(made, "argon2", CORES + 1)
    assert made.load() == {
        ("argon2", "running"): CORES, ("argon2", "waiting"): 1,
        **{(pool, state): 0 for pool in ("light", "heavy") for state in ("running", "waiting")},
    }  # fmt: skip
    with pytest.raises(HashingBusy):
        await made.verify(WRONG, stored)
    await asyncio.gather(*tasks)
    assert await made.verify(WRONG, stored) == (False, None)
    assert set(made.load().values()) == {0}
    made.close()


async def test_imported_passwords_fill_their_own_queue_alone(passwords: Observed) -> None:
    threads = max(1, CORES // 2)
    places = threads * 200 - 1  # of 50 ms, in 10 s a thread
    tasks = await hold(passwords, "light", places)
    with pytest.raises(HashingBusy):
        await passwords.hash_imported(RIGHT)
    load = passwords.load()
    assert (load["light", "running"], load["light", "waiting"]) == (threads, places - threads)
    assert await passwords.verify(RIGHT, await passwords.hash(RIGHT)) == (True, None)
    await asyncio.gather(*tasks)
    assert set(passwords.load().values()) == {0}


@pytest.mark.parametrize(("rounds", "pool"), [(1600, "light"), (12_000, "light"), (13_000, "heavy")])
async def test_a_dear_hash_waits_apart_by_what_it_costs(rounds: int, pool: str, passwords: Observed) -> None:
    stored = f"$argon2id$v=19$m=64,t={rounds},p=1$c2FsdHNhbHQ${'A' * 43}"
    task = asyncio.create_task(passwords.verify(WRONG, stored))
    await asyncio.sleep(0)
    busy = {name for (name, state), count in passwords.load().items() if count and state == "running"}
    assert busy == {pool}
    assert await task == (False, None)
    assert passwords.spent == []


@pytest.mark.parametrize("password", ["a" * 8, "a" * 128, "\u767d" * 8])
def test_a_password_of_8_to_128_characters_is_taken(password: str, passwords: Observed) -> None:
    passwords.refuse_weak(password)


@pytest.mark.parametrize("password", ["", "a" * 7, "a" * 129, "password", "PassWord", "123456789"])
def test_a_short_a_long_and_a_common_password_are_refused(password: str, passwords: Observed) -> None:
    with pytest.raises(PasswordWeak):
        passwords.refuse_weak(password)


def test_an_imported_hash_is_stored_as_it_is_and_none_where_nobody_can_sign_in() -> None:
    stored = of_argon2()
    assert imported_hash(stored) == stored
    assert imported_hash("!") is None
    assert imported_hash("") is None
