"""`userbus audit`: search the audit trail, and verify it against its chain."""

import json

import typer

from cli.connection import run, stop
from cli.output import print_line
from client.bus import Bus
from contracts.audit import AuditBreak, AuditVerdict, VerifyAudit

PART_SECONDS = 60.0
MEANINGS = {
    "changed": "the entry {id} was changed after it had been sealed (link {link})",
    "removed": "the entry {id} was removed before it expired (link {link})",
    "added": "the entry {id} was added, or moved, after its time had been sealed (link {link})",
    "chain": "the chain itself was changed, cut or forged at link {link}",
}


def verify_audit(
    head: str = typer.Option(None, help="A head that was noted before: the chain must still have it."),
    as_json: bool = typer.Option(False, "--json", help="JSON."),
) -> None:
    """Compare the whole audit trail with its chain; name the first entry that was changed, removed or added.

    Status 1 if there is one. Keep the printed head outside of the database, and give it to --head the next time: only
    that tells whether the newest part was cut off.
    """
    verdict = run(lambda bus: _verify(bus, head))
    if as_json:
        print_line(json.dumps(verdict.model_dump(mode="json"), ensure_ascii=False))
    if verdict.broken:
        stop(f"{_sentence(verdict.broken)}; see docs/security.md, Audit")
    if not as_json:
        print_line(f"{verdict.entries} entries in {verdict.links} links are as they were sealed; head {verdict.head}")


async def _verify(bus: Bus, head: str | None) -> AuditVerdict:
    links = entries = 0
    after: int | None = None
    while True:
        part = await bus.ask(VerifyAudit(after=after, head=head), timeout=PART_SECONDS)
        links, entries, after = links + part.links, entries + part.entries, part.next
        if after is None:
            return part.model_copy(update={"links": links, "entries": entries})
        print_line(f"{entries} entries are right so far", err=True)


def _sentence(found: AuditBreak) -> str:
    return MEANINGS[found.how].format(id=found.message_id, link=found.link)
