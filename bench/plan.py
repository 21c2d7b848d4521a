"""How much is measured: the whole benchmark, or a smoke test of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Rounds, seconds and amounts of a run; the defaults take some eleven minutes on two quiet cores."""

    rounds: int = 5
    seconds: float = 1.5
    """Length of one measurement of one system."""
    users: int = 1_000
    """Stored users that look-ups take in turn."""
    refusals: int = 30
    """Refused sign-ins of each kind in a round."""
    imported: int = 40_000
    """Users of all `user.import` commands together, once in a small store and once in a large one."""
    large_bodies: int = 16
    """Commands of almost 1 MiB that follow the import, all at once."""
    rest_seconds: float = 60.0
    stored: int = 250_000
    """Users written straight to the database while the worker rests, for the import into a large store."""
    drained: int = 10_000
    """Events that the relay sends in a round."""
    linked: int = 5_000
    """Users that lose a role when it is deleted."""
    paced_seconds: float = 3.0
    """Length of a measurement at a fixed rate."""
    concurrency: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    """Requests in flight, for the plot of throughput."""
    sweep_seconds: float = 0.8


QUICK = Plan(
    rounds=1,
    seconds=0.2,
    users=50,
    refusals=2,
    imported=2_000,
    large_bodies=2,
    rest_seconds=0.5,
    stored=2_000,
    drained=500,
    linked=100,
    paced_seconds=0.5,
    concurrency=(1, 16),
    sweep_seconds=0.2,
)
