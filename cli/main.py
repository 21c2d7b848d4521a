"""The commands of `userbus`."""

import logging
import sys

import structlog
import typer

from cli import events, token
from cli.dead import commands as dead
from cli.demo import create_demo_users
from cli.doctor.command import examine
from cli.health import check_health
from cli.imports.command import import_users
from cli.migrate import migrate_store
from cli.requests.commands import add_nouns
from cli.root import create_root
from cli.services import commands as services
from cli.topology import commands as topology

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run and look after userbus, over its bus.")
app.add_typer(token.app, name="token", help="Service tokens: issue, list, revoke.")
app.add_typer(services.app, name="service", help="Services: who may send and receive what.")
app.add_typer(topology.app, name="topology", help="What is on the broker: how it differs from what is declared.")
app.add_typer(dead.app, name="dead", help="Dead letters: list, show, redrive, drop.")
app.add_typer(events.app, name="events", help="Events: as they come, or those of the last days again.")
add_nouns(app)
app.command("demo")(create_demo_users)
app.command("health", epilog="Example: userbus health")(check_health)
app.command("doctor", epilog="Example: userbus doctor --all")(examine)
app.command("root")(create_root)
app.command("import")(import_users)
app.command("migrate")(migrate_store)


@app.callback()
def configure_logging() -> None:
    """Run and look after userbus, over its bus."""
    for name in ("client", "aiormq", "aio_pika"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the sentence that ends a command says why
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),  # standard output is for what was asked
    )
