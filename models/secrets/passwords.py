"""Passwords: Argon2id in a thread pool behind a bounded queue; hashes of other systems in a pool of their own."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from argon2.low_level import Type, hash_secret_raw
from passlib.context import CryptContext

from models.errors.auth import HashingBusy, HashRefused, PasswordWeak
from models.secrets.hashes.argon2 import Argon2Hash, argon2_seconds
from models.secrets.hashes.reading import BUDGET, accept, is_without_password, read
from models.secrets.hashes.stored import StoredHash, nfc

T = TypeVar("T")
Check = Callable[[], tuple[bool, str | None]]
LIGHT = 0.4  # seconds: what costs more to check waits apart
BACKLOG = 10.0  # seconds of checking that may wait for each thread that checks other systems' hashes
OWN = 0.05  # seconds that one of our own hashes takes, at most
LEAST_MEMORY = 8  # KiB, of Argon2
SAMPLES = 3
SALT, KEY = 16, 32  # bytes, as our own hashes have them
COMMONEST = Path(__file__).with_name("commonest.txt")


class Passwords:
    """Hashes and checks passwords without holding up the event loop.

    `memory` in KiB, `rounds` the time cost; `waiting` how many may queue before `HashingBusy`. Hashes that cost more
    to check than our own have threads of their own, and the costliest one apart from these: neither keeps the others
    from signing in. `clock` tells the processor time of the thread. Making one takes as long as a few hashes.
    """

    def __init__(
        self, memory: int = 19456, rounds: int = 2, waiting: int = 256, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._memory, self._rounds, self._clock = memory, rounds, clock
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory,
            argon2__time_cost=rounds,
            argon2__parallelism=1,
        )
        cores = os.cpu_count() or 1
        self._own = _Pool("argon2", cores, cores + waiting)
        self._light = _Pool("light", max(1, cores // 2), max(1, cores // 2) * BACKLOG)
        self._heavy = _Pool("heavy", 1, BACKLOG)
        self._estimate = argon2_seconds(memory, rounds)
        self._seconds = self._measure()
        self._commonest = frozenset(COMMONEST.read_text().split())

    async def hash(self, password: str) -> str:
        """An Argon2id hash. Raises `HashingBusy` when the queue is full."""
        return await self._own.run(partial(self._context.hash, nfc(password)))

    async def hash_imported(self, password: str) -> str:
        """An Argon2id hash, made where it keeps nobody from signing in. Raises `HashingBusy`."""
        return await self._light.run(partial(self._context.hash, nfc(password)), OWN)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and a better hash to store where the present one is outdated.

        Without a stored hash the same time is spent, and with one that is cheaper than ours, so that an unknown user
        cannot be told from a wrong password.
        """
        try:
            known = read(stored) if stored else None
            texts = {text: text.encode() for text in known.texts(password)} if known else {}
        except (HashRefused, UnicodeEncodeError):
            known = None
        times = len({password, nfc(password)})
        if known is None:
            await self._own.run(partial(self._spend, self._memory, times))
            return False, None
        work = partial(self._verify, password, texts, known)
        seconds = min(BUDGET, sum(known.cost(len(encoded)) for encoded in texts.values()))
        if seconds <= self._estimate * times:
            return await self._own.run(partial(self._verify_cheap, work, times, known))
        return await (self._light if seconds <= LIGHT else self._heavy).run(work, seconds)

    def refuse_weak(self, password: str) -> None:
        """The standard rule for new passwords: 8 to 128 characters, none of the commonest. Raises `PasswordWeak`."""
        if not 8 <= len(password) <= 128 or password.lower() in self._commonest:
            raise PasswordWeak

    def load(self) -> dict[tuple[str, str], int]:
        """How many hashes are `running` and `waiting` in each pool, by pool and state."""
        pools = (self._own, self._light, self._heavy)
        return {(pool.name, state): count for pool in pools for state, count in pool.load().items()}

    def close(self) -> None:
        """Let running hashes finish and drop the waiting ones."""
        self._own.close()
        self._light.close()
        self._heavy.close()

    def _verify_cheap(self, work: Check, times: int, known: StoredHash) -> tuple[bool, str | None]:
        """Check, and where the password is wrong spend what a hash of ours would take longer."""
        began = self._clock()
        outcome = work()
        if not outcome[0] and not self._is_ours(known):
            left = 1 - (self._clock() - began) / (self._seconds * times)
            self._spend(int(self._memory * left), times)
        return outcome

    def _is_ours(self, known: StoredHash) -> bool:
        return isinstance(known, Argon2Hash) and known.is_like(self._memory, self._rounds)

    def _spend(self, memory: int, times: int) -> None:
        """Take as long as checking hashes like ours with this memory in KiB, nothing below what Argon2 needs."""
        for _ in range(times if memory >= LEAST_MEMORY else 0):
            hash_secret_raw(b"", bytes(SALT), self._rounds, memory, 1, KEY, Type.ID)

    def _measure(self) -> float:
        """How many seconds of processor time a hash of ours takes here: the least of some, as others disturb."""
        moments = [self._clock()]
        for _ in range(SAMPLES):
            self._spend(self._memory, 1)
            moments.append(self._clock())
        return min(after - before for before, after in pairwise(moments))

    def _verify(self, password: str, texts: dict[str, bytes], known: StoredHash) -> tuple[bool, str | None]:
        spent = 0.0
        for text, encoded in texts.items():
            spent += known.cost(len(encoded))
            if spent > BUDGET:
                break
            if _matches(known, encoded):
                return True, self._better_hash(password, text, known)
        return False, None

    def _better_hash(self, password: str, text: str, known: StoredHash) -> str | None:
        """Our hash, unless the stored one is as good, or its writer took other texts for this password as well."""
        if isinstance(known, Argon2Hash) and known.is_at_least(self._memory, self._rounds):
            return None
        if nfc(text) != nfc(password):
            return None
        new: str = self._context.hash(nfc(password))
        return new


def imported_hash(stored: str) -> str | None:
    """What to store of another system's hash: None where it says that nobody can sign in. Raises `HashRefused`."""
    if is_without_password(stored):
        return None
    accept(stored)
    return stored


class _Pool:
    """Threads behind a bounded queue; each piece of work takes its share of the room until it is done."""

    def __init__(self, name: str, threads: int, room: float) -> None:
        self.name = name
        self._size = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._room = room
        self._in_hand = 0

    async def run(self, work: Callable[[], T], share: float = 1.0) -> T:
        """Do it in a thread. Raises `HashingBusy` when there is no room to wait."""
        if share > self._room:
            raise HashingBusy
        self._room -= share
        self._in_hand += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += share
            self._in_hand -= 1

    def load(self) -> dict[str, int]:
        """How many pieces of work are running and waiting."""
        running = min(self._in_hand, self._size)
        return {"running": running, "waiting": self._in_hand - running}

    def close(self) -> None:
        """Let running work finish and drop what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _matches(known: StoredHash, password: bytes) -> bool:
    try:
        return known.matches(password)
    except ValueError:  # passlib's word for a password that the scheme cannot have: NUL bytes, more than 4,096
        return False
