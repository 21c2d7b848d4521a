"""Argon2 in the PHC form, its parameters in any order."""

import re
from dataclasses import dataclass
from functools import partial

from argon2.exceptions import VerificationError
from argon2.low_level import Type, verify_secret

from models.secrets.hashes.stored import Form, StoredHash

SECONDS_A_KIB = 0.5e-6  # the first pass is counted twice: it touches the memory
SECONDS_A_THREAD = 30e-6  # each of the four slices of a pass starts its threads anew
KINDS = {"id": Type.ID, "i": Type.I, "d": Type.D}
_BASE64 = "(?:[+/0-9A-Za-z]{4})*(?:[+/0-9A-Za-z]{2,3})?"
_PATTERN = re.compile(
    r"\$argon2(?P<kind>id|i|d)\$(?:v=(?P<version>1[69])\$)?"
    r"(?=(?:[^$]*,)?m=(?P<m>[1-9][0-9]{0,9})[,$])(?=(?:[^$]*,)?t=(?P<t>[1-9][0-9]{0,9})[,$])"
    r"(?=(?:[^$]*,)?p=(?P<p>[1-9][0-9]{0,7})[,$])[mtp]=[0-9]+,[mtp]=[0-9]+,[mtp]=[0-9]+"
    rf"\$(?P<rest>(?=[^$]{{11}}){_BASE64}\$(?=[^$]{{22}}){_BASE64})"  # at least 8 bytes of salt, 16 of key
)


@dataclass(frozen=True, slots=True)
class Argon2Hash(StoredHash):
    """An Argon2 hash with the parameters that say how strong it is."""

    rounds: int = 0
    lanes: int = 1
    current: bool = True

    def is_at_least(self, memory: int, rounds: int) -> bool:
        """Whether guessing it costs no less than guessing an Argon2id hash of these parameters."""
        return self.current and self.memory >= memory and self.memory * self.rounds >= memory * rounds

    def is_like(self, memory: int, rounds: int) -> bool:
        """Whether checking it is the same work as checking a hash of these parameters and one lane."""
        return (self.memory, self.rounds, self.lanes) == (memory, rounds, 1)


def argon2_seconds(memory: int, rounds: int, lanes: int = 1) -> float:
    """How long a check with these parameters takes."""
    threads = 4 * rounds * lanes * SECONDS_A_THREAD if lanes > 1 else 0.0
    return memory * (rounds + 1) * SECONDS_A_KIB + threads


def argon2_hash(found: re.Match[str]) -> Argon2Hash:
    """The hash that the pattern has found."""
    memory, rounds, lanes = (int(found[name]) for name in "mtp")
    if memory < 8 * lanes:
        raise ValueError("less memory than its lanes need")
    version = f"v={found['version']}$" if found["version"] else ""
    text = f"$argon2{found['kind']}${version}m={memory},t={rounds},p={lanes}${found['rest']}"
    return Argon2Hash(
        scheme="argon2",
        seconds=argon2_seconds(memory, rounds, lanes),
        matches=partial(_matches, text.encode(), KINDS[found["kind"]]),
        memory=memory,
        rounds=rounds,
        lanes=lanes,
        current=found["version"] == "19",
    )


def _matches(text: bytes, kind: Type, password: bytes) -> bool:
    try:
        return verify_secret(text, password, kind)
    except VerificationError:
        return False


FORMS = (Form("argon2", ("$argon2",), _PATTERN, argon2_hash),)
