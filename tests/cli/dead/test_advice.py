"""What to do about a cause: said of all that docs/operations.md lists."""

import re

import pytest

from dead_letters.advice import UNKNOWN, advise
from tests.support.blocks import ROOT

SECTION = (ROOT / "docs" / "operations.md").read_text().split("\n## Dead letters\n")[1].split("\n## ")[0]
CAUSES = [re.findall(r"`([a-z_.]+)`", row.split("|")[1]) for row in SECTION.splitlines() if row.startswith("| `")]


@pytest.mark.parametrize("reasons", CAUSES, ids=lambda reasons: reasons[0])
def test_each_cause_of_the_manual_has_advice(reasons: list[str]) -> None:
    assert [reason for reason in reasons if advise(reason) == UNKNOWN] == []


def test_an_unknown_cause_is_to_be_looked_at() -> None:
    assert (len(CAUSES), advise("of.another.version")) == (5, UNKNOWN)
