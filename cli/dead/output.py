"""Dead letters on standard output: as JSON lines, as a table, or one with its whole cause."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from aio_pika.abc import AbstractIncomingMessage

from cli.output import print_line
from cli.table import print_table
from contracts.catalog import CATALOG
from contracts.redaction import redact
from dead_letters.dead_letter import DeadLetter
from dead_letters.groups import group_by_cause
from dead_letters.runs import Run

IDS = 3  # shown of a run


def print_json_lines(found: list[DeadLetter]) -> None:
    """Print one JSON object a line, without the body."""
    for each in found:
        row = {
            "message_id": each.id,
            "name": each.name,
            "app_id": each.app_id,
            "caller": each.caller,
            "reason": each.reason,
            "text": each.text,
            "exception": each.exception,
            "attempts": each.attempts,
            "worker": each.worker,
            "first": each.first.isoformat() if each.first else None,
            "at": each.at.isoformat() if each.at else None,
            "redacted": each.redacted,
            "bytes": len(each.body),
        }
        print_line(json.dumps(row, ensure_ascii=False))


def print_dead_letters(found: list[DeadLetter]) -> None:
    """Print a table with the age and the beginning of the cause."""
    print_table(["message_id", "name", "app_id", "reason", "age", "tries", "text"], [_cells(each) for each in found])


def print_groups(found: list[DeadLetter], lines: bool) -> None:
    """Print how many dead letters each cause and name has, the most first, with their oldest time and one text."""
    rows = [
        asdict(group) | {"oldest": group.oldest.isoformat() if group.oldest else "?"} for group in group_by_cause(found)
    ]
    if lines:
        for row in rows:
            print_line(json.dumps(row, ensure_ascii=False))
    else:
        print_table(("reason", "name", "letters", "oldest", "text"), [[*map(str, row.values())] for row in rows])


def print_runs(runs: list[Run]) -> None:
    """Print a table of what was done to dead letters: by whom, how many, which fields were changed, and why."""
    heading = ["at", "by", "verb", "letters", "chosen by", "changed", "message_ids", "why"]
    print_table(heading, [_run_cells(run) for run in runs])


def _run_cells(run: Run) -> list[str]:
    more = ["…"] if len(run.ids) > IDS else []
    shown = " ".join([*run.ids[:IDS], *more])
    return [run.at[:19], run.by, run.verb, str(len(run.ids)), run.chosen, ", ".join(run.changed), shown, run.why]


def _cells(found: DeadLetter) -> list[str]:
    age = found.age(datetime.now(UTC))
    shown = str(timedelta(seconds=int(age.total_seconds()))) if age else "?"
    words = " ".join(found.says[:200].split())
    return [found.id, found.name, found.app_id, found.reason, shown, str(found.attempts), words]


def print_message(message: AbstractIncomingMessage) -> None:
    """Print properties, headers and body; secret fields are hidden."""
    body, _ = redact(CATALOG.get(message.routing_key or ""), message.body)
    print_line(f"name: {message.routing_key}")
    print_line(f"message_id: {message.message_id}")
    print_line(f"app_id: {message.app_id}")
    for key, value in sorted(message.headers.items()):
        print_line(f"{key}: {value!s}")
    print_line("")
    for line in body.decode(errors="backslashreplace").split("\n"):
        print_line(line)
