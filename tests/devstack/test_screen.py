"""What `up` prints."""

import io
import shlex
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from devstack.environment import BusAddresses, StackFacts
from devstack.screen import show_facts, show_failure

FACTS = StackFacts(
    "http://127.0.0.1:8000", BusAddresses("amqp://a", "mongodb://b/"), "t" * 90, Path("/"), Path("/sms.log")
)


def narrow_console() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=40), text


def test_the_calls_can_be_pasted_from_a_narrow_terminal() -> None:
    console, text = narrow_console()
    show_facts(FACTS, console)
    calls = [shlex.split(line) for line in text.getvalue().splitlines() if line.startswith("curl ")]
    assert len(calls) == 3
    assert all(f"Authorization: Bearer {FACTS.token}" in call for call in calls)
    assert any("http://127.0.0.1:8000/v1/user/search?p=1&size=5" in call for call in calls)


def test_the_console_is_named_where_there_is_one() -> None:
    (without, first), (console, second) = narrow_console(), narrow_console()
    show_facts(FACTS, without)
    show_facts(replace(FACTS, console=f"{FACTS.url}/console"), console)
    assert "Console" not in first.getvalue()
    assert "the console's first user" not in first.getvalue()
    assert "userbus root\n" in second.getvalue()
    assert "  Console    http://127.0.0.1:8000/console\n" in second.getvalue()


def test_a_file_of_codes_is_named_where_there_is_one() -> None:
    (log, first), (webhook, second) = narrow_console(), narrow_console()
    show_facts(FACTS, log)
    show_facts(replace(FACTS, sms_log=None), webhook)
    assert "  SMS codes  /sms.log\n" in first.getvalue()
    assert "SMS codes" not in second.getvalue()


def test_the_end_says_what_to_do_next() -> None:
    console, text = narrow_console()
    show_facts(FACTS, console)
    _, _, after = text.getvalue().partition("\nNext:\n")
    named = [word for line in after.splitlines() for word in line.split() if word.startswith("docs/")]
    assert named == ["docs/client.md", "docs/other-clients.md"]
    assert all(Path(page).exists() for page in named)
    command = after.partition("set +a; ")[2].split()[0]
    assert Path(command).exists()


def test_every_start_names_another_user() -> None:
    (one, first), (two, second) = narrow_console(), narrow_console()
    show_facts(FACTS, one)
    show_facts(FACTS, two)
    assert first.getvalue() != second.getvalue()


def test_a_failure_shows_the_log_unchanged() -> None:
    console, text = narrow_console()
    show_failure(
        "The worker ended with status 1.\n[bold]a line of its log that is longer than the screen[/bold]", console
    )
    assert text.getvalue().splitlines() == [
        "",
        "The worker ended with status 1.",
        "[bold]a line of its log that is longer than the screen[/bold]",
    ]
