"""What `up` prints while the stack starts and once it is ready."""

import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from devstack.environment import StackFacts


@contextmanager
def show_progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Yield a function that prints a step; on a terminal a spinner runs under the last one."""
    with console.status("Starting") as status:

        def say(step: str) -> None:
            console.print(f"· {step}", style="dim", markup=False, highlight=False, soft_wrap=True)
            status.update(step)

        yield say


def show_facts(facts: StackFacts, console: Console) -> None:
    """Print the addresses, the token, three calls to paste and what to read next; lines are never wrapped."""
    console.print("\nuserbus is ready", style="bold green")
    _print_table(console, _addresses(facts))
    console.print("\nTry it:\n", style="bold")
    for call in _calls(facts):
        console.print(call, markup=False, highlight=False, soft_wrap=True)
    console.print("\nNext:", style="bold")
    _print_table(console, _next_steps(facts))
    console.print("\nCtrl-C stops everything.", style="dim")


def _addresses(facts: StackFacts) -> dict[str, str]:
    console = {"Console": facts.console} if facts.console else {}
    codes = {"SMS codes": str(facts.sms_log)} if facts.sms_log else {}
    return {
        "Bridge": facts.url,
        "HTTP docs": f"{facts.url}/docs",
        **console,
        "RabbitMQ": facts.bus.amqp_url,
        "MongoDB": facts.bus.mongo_url,
        "Token": facts.token,
        **codes,
    }


def _next_steps(facts: StackFacts) -> dict[str, str]:
    home = facts.home
    command = Path(sys.executable).with_name("userbus")
    environment = f"set -a; . {home / 'dev.env'}; set +a"
    root = {"the console's first user": f"{environment}; {command} root"} if facts.console else {}
    return {
        **root,
        "call it from Python": "docs/client.md",
        "from anything else": "docs/other-clients.md",
        "the command line": f"{environment}; {command} --help",
        "the programs' logs": str(home / "log"),
    }


def _print_table(console: Console, rows: Mapping[str, str]) -> None:
    width = max(map(len, rows))
    for name, text in rows.items():
        console.print(f"  {name:<{width}}  {text}", markup=False, highlight=False, soft_wrap=True)


def show_failure(words: str, console: Console) -> None:
    """Print why the stack failed: the first line in red, the lines of a log below it unchanged."""
    first, _, rest = words.partition("\n")
    console.print(f"\n{first}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if rest:
        console.print(rest, markup=False, highlight=False, soft_wrap=True)


def _calls(facts: StackFacts) -> tuple[str, ...]:
    """Calls that create and find a user; its name differs at each start, so that the first call never conflicts."""
    mark = secrets.token_hex(3)
    account = {"integration": "lark", "account_id": f"ou_{mark}"}
    user = json.dumps({"username": f"ada-{mark}", "usertype": "user", "accounts": [account]})
    curl, token = "curl -sS", f"-H 'Authorization: Bearer {facts.token}'"
    return (
        f"{curl} -X POST {facts.url}/user {token} -H 'Content-Type: application/json' -d '{user}'",
        f"{curl} {facts.url}/user/ada-{mark} {token}",
        f"{curl} '{facts.url}/v1/user/search?p=1&size=5' {token}",
    )
