"""Passwords: Argon2id in a thread pool of its own behind a bounded queue; foreign hashes verified and upgraded."""

import asyncio
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from passlib.context import CryptContext

from models.errors.auth import HashingBusy, HashRefused, PasswordWeak

T = TypeVar("T")
_H = "[./0-9A-Za-z]"
_A, _B = (f"(?:{each}{{4}})*(?:{each}{{2,3}})?" for each in ("[./+0-9A-Za-z]", "[+/0-9A-Za-z]"))  # two base64 alphabets
_COSTS = {  # scheme: (pattern of a whole hash and its cost, highest cost that stays under a second)
    "bcrypt": (re.compile(rf"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\${_H}{{53}}"), 13),
    "pbkdf2_sha256": (re.compile(rf"\$pbkdf2-sha256\$([1-9][0-9]{{0,6}})\${_A}\$[./+0-9A-Za-z]{{43}}"), 2_000_000),
    "pbkdf2_sha512": (re.compile(rf"\$pbkdf2-sha512\$([1-9][0-9]{{0,6}})\${_A}\$[./+0-9A-Za-z]{{86}}"), 1_000_000),
    "django_pbkdf2_sha256": (
        re.compile(r"pbkdf2_sha256\$([1-9][0-9]{0,6})\$[0-9A-Za-z]+\$[+/0-9A-Za-z]{43}="),
        2_000_000,
    ),
    "scrypt": (re.compile(rf"\$scrypt\$ln=([1-9][0-9]?),r=8,p=1\${_B}\$[+/0-9A-Za-z]{{43}}"), 17),
    "sha256_crypt": (re.compile(rf"\$5\$(?:rounds=([1-9][0-9]{{3,6}})\$)?{_H}{{0,16}}\${_H}{{43}}"), 1_000_000),
    "sha512_crypt": (re.compile(rf"\$6\$(?:rounds=([1-9][0-9]{{3,6}})\$)?{_H}{{0,16}}\${_H}{{86}}"), 1_000_000),
}
COMMONEST = Path(__file__).with_name("commonest.txt")
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$(?:v=1[69]\$)?m=([1-9][0-9]{0,5}),t=([1-9][0-9]{0,5}),p=([1-9][0-9]?)"
    rf"\$(?=[^$]{{11}}){_B}\$(?=[^$]{{22}}){_B}"  # at least 8 bytes of salt, 16 of hash
)


class Passwords:
    """Hashes and checks passwords without holding up the event loop.

    `memory` in KiB, `rounds` the time cost; `waiting` how many may queue before `HashingBusy`.
    """

    def __init__(self, memory: int = 19456, rounds: int = 2, waiting: int = 256) -> None:
        self._context = CryptContext(
            schemes=["argon2", *_COSTS],
            deprecated=list(_COSTS),
            argon2__type="ID",
            argon2__memory_cost=memory,
            argon2__time_cost=rounds,
            argon2__parallelism=1,
        )
        workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._room = workers + waiting
        self._commonest = frozenset(COMMONEST.read_text().split())

    async def hash(self, password: str) -> str:
        """An Argon2id hash. Raises `HashingBusy` when the queue is full."""
        return await self._run(partial(self._context.hash, password))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and a better hash to store where the present one is outdated.

        Without a stored hash the same time is spent, so that an unknown user cannot be told from a wrong password.
        """
        if stored is None:
            await self._run(self._context.dummy_verify)
            return False, None
        return await self._run(partial(self._verify, password, stored))

    def refuse_weak(self, password: str) -> None:
        """The standard rule for new passwords: 8 to 128 characters, none of the commonest. Raises `PasswordWeak`."""
        if not 8 <= len(password) <= 128 or password.lower() in self._commonest:
            raise PasswordWeak

    def close(self) -> None:
        """Let running hashes finish and drop the waiting ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, password: str, stored: str) -> tuple[bool, str | None]:
        try:
            good, better = self._context.verify_and_update(password, stored)
            return bool(good), better
        except ValueError:  # passlib's word for a malformed hash and for bcrypt's limit of 72 bytes
            return False, None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise HashingBusy
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._room += 1


def refuse_costly(stored: str) -> None:
    """Refuse a foreign hash that nobody could sign in with, or that takes more than a second: raises `HashRefused`.

    Patterns, since an import asks thousands of times a second: passlib's parser takes several times as long.
    """
    if argon2 := _ARGON2.fullmatch(stored):
        memory, rounds, threads = map(int, argon2.groups())
        if 8 * threads <= memory <= 262_144 and memory * rounds <= 1_048_576:
            return
    for pattern, limit in _COSTS.values():
        found = pattern.fullmatch(stored)
        if found and int(found[1] or 5000) <= limit:
            return
    raise HashRefused
