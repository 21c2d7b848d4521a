"""Load: repeat one operation with a fixed number in flight, or at a fixed rate, and time each. A failure ends it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.processes import Pids, cpu_seconds

Operation = Callable[[], Awaitable[object]]
"""Carries one operation out; raises when it fails or its result is not the expected one."""


@dataclass(frozen=True)
class Sample:
    """One measurement: its length in seconds, each operation's latency, and the processor time of each process."""

    seconds: float
    latencies: list[float]
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """Operations a second."""
        return len(self.latencies) / self.seconds


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


async def repeat(operation: Operation, in_flight: int, seconds: float, pids: Pids) -> Sample:
    """Keep `in_flight` operations running for some seconds, and wait for the last of them."""
    latencies: list[float] = []
    cpu, began = cpu_seconds(pids), time.perf_counter()

    async def call_in_turn() -> None:
        while not latencies or time.perf_counter() < began + seconds:
            start = time.perf_counter()
            await operation()
            latencies.append(time.perf_counter() - start)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(call_in_turn())
    spent = time.perf_counter() - began
    return Sample(spent, latencies, {name: used - cpu[name] for name, used in cpu_seconds(pids).items()})


async def repeat_times(operation: Operation, in_flight: int, times: int) -> None:
    """Carry an operation out a number of times, `in_flight` of them at once."""
    left = iter(range(times))

    async def call_in_turn() -> None:
        for _ in left:
            await operation()

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(call_in_turn())


async def repeat_at_rate(operation: Operation, rate: float, seconds: float) -> list[float]:
    """Start operations at a fixed rate, however long each takes; the latencies, each from the moment it was due."""
    began = time.perf_counter()

    async def call_on_time(due: float) -> float:
        await asyncio.sleep(due - time.perf_counter())
        await operation()
        return time.perf_counter() - due

    async with asyncio.TaskGroup() as group:
        dues = [began + number / rate for number in range(max(1, int(rate * seconds)))]
        tasks = [group.create_task(call_on_time(due)) for due in dues]
    return [task.result() for task in tasks]
