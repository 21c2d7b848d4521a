"""Waiting for RabbitMQ and MongoDB at the start."""

from contextlib import AsyncExitStack

from structlog.testing import capture_logs

from worker.startup import LONGEST_REASON, start_with_retry


async def test_a_long_reason_ends_between_two_words() -> None:
    failures = [ConnectionError("word " * LONGEST_REASON)]

    async def start(_: AsyncExitStack) -> str:
        if failures:
            raise failures.pop()
        return "up"

    with capture_logs() as lines:
        result, _ = await start_with_retry(start)
    # other workers of this process log as well
    (reason,) = [line["reason"] for line in lines if line["event"] == "worker waits for its servers"]
    assert (result, reason.endswith("word word …"), len(reason) <= LONGEST_REASON + 2) == ("up", True, True)
