"""What a person sees while the stack starts and once it is ready."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from devstack.environment import StackFacts


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Give a function that shows a step: a line for each, and a sign of life under the last one on a terminal."""
    with console.status("Starting") as status:

        def say(step: str) -> None:
            console.print(f"· {step}", style="dim", markup=False, highlight=False, soft_wrap=True)
            status.update(step)

        yield say


def show(facts: StackFacts, console: Console) -> None:
    """Print the addresses, the token, and three calls that work when pasted; no line is broken."""
    rows = {
        "Bridge": facts.url,
        "RabbitMQ": facts.bus.amqp_url,
        "MongoDB": facts.bus.mongo_url,
        "Token": facts.token,
        "SMS codes": str(facts.sms_log),
    }
    console.print("\nuserbus is ready", style="bold green")
    for name, text in rows.items():
        console.print(f"  {name:<10} {text}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nTry it:\n", style="bold")
    for call in _calls(facts):
        console.print(call, markup=False, highlight=False, soft_wrap=True)
    console.print("\nCtrl-C stops everything.", style="dim")


def fail(words: str, console: Console) -> None:
    """Print why it failed: what happened in red, the lines of a log below it as they are."""
    first, _, rest = words.partition("\n")
    console.print(f"\n{first}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if rest:
        console.print(rest, markup=False, highlight=False, soft_wrap=True)


def _calls(facts: StackFacts) -> tuple[str, ...]:
    """A name of its own for each start, so that the first call never meets a user of an earlier one."""
    mark = secrets.token_hex(3)
    account = {"integration": "lark", "account_id": f"ou_{mark}"}
    user = json.dumps({"username": f"ada-{mark}", "usertype": "user", "accounts": [account]})
    curl, token = "curl -sS", f"-H 'Authorization: Bearer {facts.token}'"
    return (
        f"{curl} -X POST {facts.url}/user {token} -H 'Content-Type: application/json' -d '{user}'",
        f"{curl} {facts.url}/user/ada-{mark} {token}",
        f"{curl} '{facts.url}/v1/user/search?p=1&size=5' {token}",
    )
