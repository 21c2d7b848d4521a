"""Other systems' hashes: what the costliest ones take, and whether they keep others from signing in.

For each scheme the costliest hash that an import takes, against the longest password that it is compared with, and
against the longest one that a door takes; then four of the worst at once beside sign-ins with our own hashes and
with bcrypt; then ten sign-ins at once with the largest hashes, and the memory that they take.

Run on a quiet machine: python -m bench.foreign_hashes
"""

import asyncio
import resource
import time
from collections.abc import Callable

import uvloop

from contracts.auth import LONGEST_GUESS
from models.errors.auth import HashRefused
from models.secrets.hashes.reading import BUDGET, LARGEST, accept
from models.secrets.passwords import Passwords

KEY, SALT = "A" * 43, "c2FsdHNhbHQ"
SHORT, LONGEST = "correct horse", "龘" * LONGEST_GUESS
FORMS: dict[str, Callable[[int], str]] = {  # the hash of a cost, dearer with each step
    "bcrypt": lambda step: f"$2b${step + 4:02}${'a' * 21}u{'a' * 31}",
    "pbkdf2_sha256": lambda step: f"$pbkdf2-sha256${step * 50_000 + 1}${SALT}${KEY}",
    "pbkdf2_sha512": lambda step: f"$pbkdf2-sha512${step * 50_000 + 1}${SALT}${'A' * 86}",
    "scrypt": lambda step: f"$scrypt$ln={step + 1},r=8,p=1${SALT}${KEY}",
    "scrypt, lanes": lambda step: f"$scrypt$ln=14,r=8,p={step + 1}${SALT}${KEY}",
    "sha256_crypt": lambda step: f"$5$rounds={step * 20_000 + 1000}$salt${'x' * 43}",
    "sha512_crypt": lambda step: f"$6$rounds={step * 20_000 + 1000}$salt${'x' * 86}",
    "phpass": lambda step: f"$P${'56789ABCDEFGHIJKLMNOPQRS'[min(step, 23)]}{'x' * 30}",
    "drupal7": lambda step: f"$S${'56789ABCDEFGHIJKLMNOPQRS'[min(step, 23)]}{'x' * 51}",
    "argon2, memory": lambda step: f"$argon2id$v=19$m={LARGEST},t={step + 1},p=1${SALT}${KEY}",
    "argon2, rounds": lambda step: f"$argon2id$v=19$m=64,t={step * 500 + 1},p=1${SALT}${KEY}",
    "argon2, threads": lambda step: f"$argon2id$v=19$m=792,t={step + 1},p=99${SALT}${KEY}",
}


def is_taken(stored: str) -> bool:
    try:
        accept(stored)
    except HashRefused:
        return False
    return True


def costliest(form: Callable[[int], str]) -> str:
    """The dearest one that an import takes."""
    step = 1
    while step < 2000 and is_taken(form(step)):
        step += 1
    return form(step - 1)


def longest_compared(stored: str) -> str:
    """The longest password of one-byte characters that is compared with the hash at all."""
    known = accept(stored)
    if not known.per_byte:
        return "x" * LONGEST_GUESS
    return "x" * min(LONGEST_GUESS, int((BUDGET - known.seconds) / known.per_byte))


async def seconds(passwords: Passwords, password: str, stored: str | None) -> float:
    began = time.perf_counter()
    await passwords.verify(password, stored)
    return time.perf_counter() - began


async def each_scheme(passwords: Passwords) -> None:
    print(f"{'costliest of':<17}{'estimate':>9}{'CPU':>9}{'wall':>9}{'wall, 4,096 characters of 3 bytes':>36}")
    for scheme, form in FORMS.items():
        stored = costliest(form)
        compared = longest_compared(stored)
        await seconds(passwords, SHORT, form(0))  # what is loaded at the first use is not counted
        began = time.process_time()
        wall = await seconds(passwords, compared, stored)
        used = time.process_time() - began
        longest = await seconds(passwords, LONGEST, stored)
        estimate = accept(stored).cost(len(compared))
        print(f"{scheme:<17}{estimate:>7.2f} s{used:>7.2f} s{wall:>7.2f} s{longest:>34.2f} s")


async def lag(until: asyncio.Future[list[float]]) -> list[float]:
    """How late the event loop comes back from a sleep of a millisecond, until something is done."""
    late = []
    while not until.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - began - 0.001)
    return sorted(late)


async def beside_the_worst(passwords: Passwords) -> None:
    """Four of the worst at once; who comes after them signs in again and again until they are done."""
    own, bcrypt = await passwords.hash(SHORT), f"$2b$10${'a' * 21}u{'a' * 31}"
    for names in (["sha512_crypt"] * 4, ["argon2, memory"] * 4, ["argon2, threads"] * 4, ["bcrypt", "scrypt"] * 2):
        began = time.perf_counter()
        stored = [costliest(FORMS[name]) for name in names]
        worst = asyncio.gather(*(seconds(passwords, longest_compared(each), each) for each in stored))
        late = asyncio.create_task(lag(worst))
        waited: dict[str, list[float]] = {"ours": [], "unknown user": [], "bcrypt 10": []}
        while not worst.done():
            for kind, hashed in zip(waited, (own, None, bcrypt), strict=True):
                waited[kind].append(await seconds(passwords, SHORT, hashed))
        longest = ", ".join(f"{kind} {max(took):.2f} s of {len(took)}" for kind, took in waited.items())
        await worst
        took, loop = time.perf_counter() - began, await late
        print(f"4 × {names[0]:<16} {took:5.2f} s; longest sign-in meanwhile: {longest}")
        half, most = (f"{loop[int(len(loop) * share)] * 1e3:.1f} ms" for share in (0.5, 0.99))
        print(f"{'':22}event loop late by {half}, 99 % by at most {most}")


async def memory(passwords: Passwords) -> None:
    """Ten sign-ins at once with the largest hashes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stored = f"$argon2id$v=19$m={LARGEST},t=1,p=1${SALT}${KEY}"
    await asyncio.gather(*(seconds(passwords, SHORT, stored) for _ in range(10)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"peak of resident memory before {before >> 10} MiB, after ten at once of {LARGEST >> 10} MiB {after >> 10} MiB"
    )


async def main() -> None:
    passwords = Passwords()
    await seconds(passwords, SHORT, None)
    await memory(passwords)
    await each_scheme(passwords)
    await beside_the_worst(passwords)
    passwords.close()


if __name__ == "__main__":
    uvloop.run(main())
