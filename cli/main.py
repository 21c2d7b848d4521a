"""The verbs of the `userbus` command."""

import logging
import sys

import structlog
import typer

from cli import dead, demo, health, imports, root, token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run and look after userbus, over its bus.")
app.add_typer(token.app, name="token", help="Service tokens: issue, revoke.")
app.add_typer(dead.app, name="dead", help="Dead letters: list, show, redrive, drop.")
app.command("demo")(demo.demo)
app.command("health")(health.health)
app.command("root")(root.root)
app.command("import")(imports.import_users)


@app.callback()
def logs() -> None:
    """Run and look after userbus, over its bus."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),  # standard output is for what was asked
    )
