"""Commands without a caller during a database outage: the first few stay in flight, to be run at once afterwards."""

from asyncio import get_running_loop

from models.store.availability import DatabaseAvailability
from worker.delivery.policy import OutageState

MAX_HELD = 16
HOLD_SECONDS = 10.0


class Outage:
    """Tells of the database's outage and holds a few deliveries until it is over.

    All others wait on the retry ladder, on longer steps the longer the outage lasts, so that no pile of commands stands
    before the callers who are still answered.
    """

    def __init__(self, availability: DatabaseAvailability) -> None:
        self._availability = availability
        self._held = 0

    def state(self) -> OutageState:
        """Return the present state, for the policy."""
        down = self._availability.is_down
        seconds = self._availability.outage_seconds(get_running_loop().time()) if down else None
        return OutageState(seconds, may_hold=self._held < MAX_HELD)

    async def wait_until_over(self) -> bool:
        """Hold a delivery until the database is up, at most 10 s; return whether it is."""
        self._held += 1
        try:
            return await self._availability.wait_until_up(HOLD_SECONDS)
        finally:
            self._held -= 1
