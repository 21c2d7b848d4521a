"""The commands of `userbus`."""

import logging
import sys

import structlog
import typer

from cli import bench, events, token
from cli.dead import commands as dead
from cli.demo import create_demo_users
from cli.doctor.command import examine
from cli.health import check_health
from cli.imports.command import import_users
from cli.migrate import migrate_store
from cli.requests.commands import add_nouns
from cli.root import create_root
from cli.server import backup, run_bridge, run_stack, run_worker
from cli.services import commands as services
from cli.topology import commands as topology
from cli.user import add_user_commands
from client.bus import Bus

STATUS = "Exit status: 0 done; 1 refused, not found, no service, or something is wrong; 2 wrong options; 130 Ctrl-C."
app = typer.Typer(no_args_is_help=True, epilog=STATUS, help="Run and look after userbus, over its bus.")
app.add_typer(token.app, name="token", help="Service tokens: issue, list, revoke.")
app.add_typer(services.app, name="service", help="Services: who may send and receive what.")
app.add_typer(topology.app, name="topology", help="What is on the broker: how it differs from what is declared.")
app.add_typer(dead.app, name="dead", help="Dead letters: list, show, redrive, drop.")
app.add_typer(bench.app, name="bench", help="Speed: how fast this system answers now.")
app.add_typer(events.app, name="events", help="Events: as they come, or those of the last days again.")
add_user_commands(add_nouns(app)["user"])
app.command("demo", epilog="Example: userbus demo")(create_demo_users)
app.command("health", epilog="Example: userbus health")(check_health)
app.command("doctor", epilog="Example: userbus doctor --all")(examine)
app.command("root", epilog="Example: userbus root --email ada@example.com --name Ada < password-file")(create_root)
app.command("import", epilog="Example: userbus import users.json --from auth0")(import_users)
app.command("migrate", epilog="Example: userbus migrate --dry-run")(migrate_store)

app.add_typer(backup, name="backup", help="The database: dump, restore.")
app.command("worker", epilog="Example: userbus worker --check")(run_worker)
app.command("bridge", epilog="Example: userbus bridge --check")(run_bridge)
app.command("up", epilog="Example: userbus up")(run_stack)


@app.callback()
def configure_logging() -> None:
    """Run and look after userbus, over its bus."""
    for name in (Bus.__module__.rpartition(".")[0], "aiormq", "aio_pika"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the sentence that ends a command says why
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),  # standard output is for what was asked
    )
