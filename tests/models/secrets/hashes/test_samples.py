"""Hashes by the programs of other systems: each lets its password in and is replaced by ours."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.secrets.hashes.reading import accept
from models.secrets.passwords import Passwords, imported_hash

SAMPLES: list[dict[str, str]] = json.loads((Path(__file__).parents[3] / "samples" / "hashes.json").read_text())
FIRST = list({(sample["scheme"], sample["writer"]): sample for sample in reversed(SAMPLES)}.values())
CHECKED = [sample for sample in SAMPLES if sample in FIRST or accept(sample["hash"]).seconds < 0.1]  # else one each
BLANKS = {"wordpress", "phpass"}  # whose writers drop blanks around a password
STRONG = ("npm argon2", "npm @node-rs/argon2", "PHP", "PyPI Django")


def name(sample: dict[str, str]) -> str:
    return f"{sample['writer']} {sample['scheme']} {SAMPLES.index(sample)}"


@pytest.fixture(scope="module")  # each makes a hash of its own first, which takes longer than most tests
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


def is_kept(sample: dict[str, str]) -> bool:
    """Whether its parameters are at least ours, or its writer takes other texts for the same password."""
    strong = sample["scheme"] == "argon2" and sample["writer"].startswith(STRONG)
    return strong or (sample["scheme"] in BLANKS and sample["password"].strip() != sample["password"])


@pytest.mark.parametrize("sample", CHECKED, ids=name)
async def test_a_sample_is_taken_as_it_is_verified_and_upgraded(sample: dict[str, str], passwords: Passwords) -> None:
    assert imported_hash(sample["hash"]) == sample["hash"]
    assert accept(sample["hash"]).scheme == sample["scheme"]
    good, better = await passwords.verify(sample["password"], sample["hash"])
    assert good
    assert (better is None) == is_kept(sample)
    if better is not None:
        assert better.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.verify(sample["password"], better) == (True, None)


@pytest.mark.parametrize("sample", FIRST, ids=name)
async def test_a_sample_lets_no_other_password_in(sample: dict[str, str], passwords: Passwords) -> None:
    assert await passwords.verify("correct horse", sample["hash"]) == (False, None)
