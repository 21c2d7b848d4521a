"""Several processes of one consumer in partitions, and what they were given."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


class Given(NamedTuple):
    """One event as a process was given it; `at` is a time that all processes share."""

    at: int
    reader: int
    subject: str
    sequence: int
    gap: int


class Readers:
    """The processes by number, and all events that they were given so far."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.given: list[Given] = []
        self._news = asyncio.Condition()

    def sequences(self) -> dict[str, list[int]]:
        """The sequences of each subject in the order in which any process was given them."""
        found: dict[str, list[int]] = defaultdict(list)
        for event in sorted(self.given):
            found[event.subject].append(event.sequence)
        return found

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what is given to fulfil the condition."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(condition)

    async def start(self, *arguments: str) -> None:
        """Start one more process and wait until it consumes."""
        program = (sys.executable, "-m", "tests.support.partition_reader")
        process = await asyncio.create_subprocess_exec(*program, *arguments, stdout=PIPE, cwd=ROOT)
        self.processes.append(process)
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"

    async def listen(self, number: int) -> None:
        """Take in what one process prints until it ends."""
        output = self.processes[number].stdout
        assert output
        async for line in output:
            if not line.endswith(b"\n"):
                return  # it was killed while it wrote, so before it acknowledged the event
            at, subject, sequence, gap = line.decode().split()
            async with self._news:
                self.given.append(Given(int(at), number, subject, int(sequence), int(gap)))
                self._news.notify_all()


@asynccontextmanager
async def running_readers(url: str, consumer: str, processes: int, partitions: int) -> AsyncIterator[Readers]:
    """Run processes of one consumer until the block ends."""
    readers = Readers()
    try:
        async with asyncio.TaskGroup() as listening:
            for number in range(processes):
                await readers.start(url, consumer, str(partitions))
                listening.create_task(readers.listen(number))
            yield readers
            _end(readers)
    finally:
        _end(readers)
        for process in readers.processes:
            await process.wait()


def _end(readers: Readers) -> None:
    for process in readers.processes:
        with suppress(ProcessLookupError):
            process.kill()
