"""Small plots as SVG, drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 60


@dataclass(frozen=True, slots=True)
class Plot:
    """The last hour: `lines` are points of polylines, and what the largest and the last value are, with `unit`.

    The last value is None where it is not known.
    """

    title: str
    unit: str
    lines: tuple[str, ...]
    largest: float
    last: float | None
    width: int = WIDTH
    height: int = HEIGHT


def draw(title: str, unit: str, values: Sequence[float | None]) -> Plot:
    """Draw values at equal distances, from 0 to the largest of them; where one is None, the line has a gap."""
    largest = max((value for value in values if value is not None), default=0.0)
    step = WIDTH / max(len(values) - 1, 1)
    lines: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is not None:
            lines[-1].append(f"{number * step:.1f},{HEIGHT - (value / largest if largest else 0.0) * HEIGHT:.1f}")
        elif lines[-1]:
            lines.append([])
    return Plot(title, unit, tuple(" ".join(line) for line in lines if line), largest, values[-1] if values else None)
