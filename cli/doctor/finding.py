"""What was looked at, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["ok", "broken", "warning", "not seen"]
CLOCK_SECONDS = 1.0
CLOCK_BROKEN_SECONDS = 10.0
CLOCK_ADVICE = "run NTP on that machine: deadlines are times, and requests end too early or too late"


@dataclass(frozen=True)
class Finding:
    """The state of one thing: `area` and `what` name it, `told` is what was found, `advice` what to do about it.

    `not seen` is what cannot be looked at from here.
    """

    state: State
    area: str
    what: str
    told: str
    advice: str = ""


def judge(area: str, what: str, told: str, fault: State | None, advice: str) -> Finding:
    """Return a finding that is ok unless there is a fault, and then has the advice."""
    return Finding(fault or "ok", area, what, told, advice if fault else "")


def clock_ahead(at: datetime, began: datetime, ended: datetime, precision: float = 0.0) -> float:
    """Return by how many seconds a clock is ahead at least that said `at` between these times of ours; below 0: behind.

    `precision` is for how many seconds after `at` the clock goes on to say the same.
    """
    ahead = (at - ended).total_seconds()
    behind = (began - at).total_seconds() - precision
    return ahead if ahead > 0 else -behind if behind > 0 else 0.0


def judge_clock(area: str, what: str, ahead: float) -> Finding:
    """Return what is to say of a clock that is ahead by so many seconds."""
    beyond = abs(ahead)
    fault: State | None = "broken" if beyond > CLOCK_BROKEN_SECONDS else "warning" if beyond > CLOCK_SECONDS else None
    return judge(area, what, f"{abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}", fault, CLOCK_ADVICE)
