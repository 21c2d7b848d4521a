"""Sealing the audit trail: links of the audit chain, appended by the process that relays events."""

from collections.abc import Callable

import structlog

from models.audit_chain import AuditChain, AuditChainBroken

SEAL_SECONDS = 30.0
log = structlog.get_logger()


class AuditSealer:
    """Appends the next link while this process leads; its log lines are witnesses outside of the database."""

    def __init__(self, chain: AuditChain, is_leader: Callable[[], bool]) -> None:
        self._chain = chain
        self._is_leader = is_leader

    async def run_once(self) -> bool:
        """Append a link; return whether there may be more entries to seal."""
        try:
            link = await self._chain.append() if self._is_leader() else None
        except AuditChainBroken:
            log.error("audit chain broken", meaning="nothing is sealed any more: userbus audit verify tells where")
            return False
        if link is None:
            return False
        log.info("audit trail sealed", head=f"{link['_id']}:{link['digest']}", entries=link["count"])
        return True
