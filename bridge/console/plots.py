"""Small plots as SVG, drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 60


@dataclass(frozen=True, slots=True)
class Plot:
    """A line over the last hour: `points` of a polyline, and what the largest and the last value are, with `unit`."""

    title: str
    unit: str
    points: str
    largest: float
    last: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(title: str, unit: str, values: Sequence[float]) -> Plot:
    """Draw values at equal distances, from 0 to the largest of them."""
    largest = max(values, default=0.0)
    step = WIDTH / max(len(values) - 1, 1)
    places = (
        (number * step, HEIGHT - (value / largest if largest else 0.0) * HEIGHT) for number, value in enumerate(values)
    )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Plot(title, unit, points, largest, values[-1] if values else 0.0)
