"""Sealing the audit trail, and checking it again and again: by the process that relays the first lane's events."""

from collections.abc import Callable

import structlog

from models.audit_chain import AuditChain, AuditChainBroken
from models.audit_check import AuditCheck, BrokenAt
from models.store.driver_errors import translate_errors

SEAL_SECONDS = 30.0
LINKS = 2  # that are checked between two sealings
log = structlog.get_logger()


class AuditSealer:
    """Appends the next links while this process leads, and compares older ones with the trail, in rounds.

    Its log lines are witnesses outside of the database. `broken` is what the last check has found, None if nothing;
    it stays until a whole round finds nothing.
    """

    def __init__(self, chain: AuditChain, check: AuditCheck, is_leader: Callable[[], bool]) -> None:
        self._chain = chain
        self._check = check
        self._is_leader = is_leader
        self._checked: int | None = None
        self.broken: BrokenAt | None = None

    async def run_once(self) -> bool:
        """Append a link, or check some if there is none to append; return whether there may be more entries to seal."""
        if not self._is_leader():
            return False
        try:
            link = await self._chain.append()
        except AuditChainBroken:
            log.error("audit chain broken", meaning="nothing is sealed any more: userbus audit verify tells where")
            self.broken = self.broken or BrokenAt("chain", -1)
            return False
        if link is None:
            await self._check_some()
            return False
        log.info("audit trail sealed", head=f"{link['_id']}:{link['digest']}", entries=link["count"])
        return True

    async def _check_some(self) -> None:
        with translate_errors():
            part = await self._check.check_part(self._checked, None, LINKS)
        self._checked = part.next
        if part.broken:
            found = part.broken
            log.error("audit trail broken", how=found.how, link=found.link, message_id=found.message_id)
            self.broken = found
        elif part.next is None:
            self.broken = None
