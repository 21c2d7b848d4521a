"""What waits on the retry ladder."""

from dataclasses import asdict

from contracts.retries import LadderView, ListRetries, RetryStep, WaitingRetry
from handlers.handler import Handlers
from models.unit_of_work import UnitOfWork


async def list_retries(query: ListRetries, unit: UnitOfWork) -> LadderView:
    """Look at every step; the soonest first, then those that do not tell when they are due."""
    steps = await unit.dependencies.retry_ladder.look(query.size)
    found = [message for step in steps for message in step.messages]
    found.sort(key=lambda message: (message.due is None, message.due))
    return LadderView(
        items=[WaitingRetry.model_validate(asdict(message)) for message in found],
        steps=[
            RetryStep(step=each.step, seconds=each.seconds, waiting=each.waiting, seen_at=each.seen_at)
            for each in steps
        ],
    )


HANDLERS: Handlers = {"retry.list": list_retries}
