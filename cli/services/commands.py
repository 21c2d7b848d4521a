"""`userbus service`: add, list, show, remove services, and apply the list to a broker."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from access.rabbitmq_users import definitions, hash_password
from access.service_grants import DEFAULT_MAY, ServiceIdentity, ServiceInvalid
from access.service_list import add_service, find_service, read_services, remove_service
from cli.connection import stop
from cli.management import Management, ManagementFailed
from cli.output import print_line
from cli.services.applying import apply_services
from cli.services.settings import load_settings

app = typer.Typer(no_args_is_help=True)
APPLY = "run `userbus service apply`"
Name = Annotated[str, typer.Argument(help="The service: its RabbitMQ user, and the prefix of its queues.")]


@app.command(epilog="Example: userbus service add billing --may user.get --events 'user.*'")
def add(
    name: Name,
    may: Annotated[str, typer.Option(help="Requests with commas: user.get,role.*; by default all plain queries.")] = "",
    events: Annotated[str, typer.Option(help="Events with commas: user.*,role.created; # for all.")] = "",
    plain: Annotated[bool, typer.Option(help="Events without personal data.")] = False,
    trusted: Annotated[bool, typer.Option(help="Believe its x-actor and app_id.")] = False,
) -> None:
    """Add a service and print its password; it is shown this once."""
    password = secrets.token_hex(24)
    granted = _split(may) or DEFAULT_MAY
    service = ServiceIdentity(name, granted, _split(events), plain, trusted, hash_password(password))
    file = load_settings().services_file
    with _report_failures():
        add_service(file, service)
    print_line(f"{name} is in {file}; the password of its RabbitMQ user {name}, shown this once: {password}")
    with _report_failures(f"; {name} stays in the list: {APPLY}"):
        broker = _management()
        if broker is None:
            print_line(f"no broker was changed: set USERBUS_MANAGEMENT_URL and {APPLY}", err=True)
        else:
            broker.import_definitions(definitions({}, [service]))


@app.command("list", epilog="Example: userbus service list")
def list_services() -> None:
    """List the services: name, number of requests, patterns of events."""
    with _report_failures():
        services = read_services(load_settings().services_file)
    for service in services.values():
        marks = [word for word in ("plain", "trusted") if getattr(service, word)]
        print_line("\t".join([service.name, f"{len(service.requests)} requests", " ".join(service.events), *marks]))


@app.command(epilog="Example: userbus service show billing")
def show(name: Name) -> None:
    """Show one service: each request that it may send, and its events."""
    with _report_failures():
        service = find_service(load_settings().services_file, name)
    for request in sorted(service.requests):
        print_line(f"may send\t{request}")
    for pattern in service.events:
        print_line(f"receives\t{pattern}{' without personal data' if service.plain else ''}")


@app.command(epilog="Example: userbus service remove billing")
def remove(name: Name) -> None:
    """Remove a service: its connections end, its queues and what they hold are deleted."""
    file = load_settings().services_file
    with _report_failures(f"; {name} stays in the list"):
        broker, is_listed = _management(), name in read_services(file)
        if not is_listed and (broker is None or name not in broker.list_services()):
            find_service(file, name)  # says that there is none
        if broker is not None:
            broker.remove_service(name)
        if is_listed:
            remove_service(file, name)
    print_line(f"{name} is removed from {file}")
    if broker is None:
        print_line(
            f"no broker was changed, as USERBUS_MANAGEMENT_URL is not set: end its access with "
            f"`rabbitmqctl delete_user {name}`, and delete the queues whose names begin with {name}.",
            err=True,
        )


@app.command("apply", epilog="Example: userbus service apply")
def apply_list() -> None:
    """Make users, permissions, limits and policies of all services in the broker; end what they may no longer hear."""
    with _report_failures():
        services = read_services(load_settings().services_file)
        broker = _management()
        if broker is None:
            stop("no broker was changed: set USERBUS_MANAGEMENT_URL")
        apply_services(broker, services.values())
    print_line(f"services applied: {len(services)}")


@app.command("definitions", epilog="Example: userbus service definitions > definitions.json")
def print_definitions() -> None:
    """Print the definitions of all services, for `rabbitmqctl import_definitions`."""
    with _report_failures():
        services = read_services(load_settings().services_file)
    for line in json.dumps(definitions({}, services.values()), indent=2).splitlines():
        print_line(line)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _management() -> Management | None:
    """The management API of the broker, where the settings name it."""
    url = load_settings().management_url
    return None if url is None else Management(url.get_secret_value())


@contextmanager
def _report_failures(rest: str = "") -> Iterator[None]:
    try:
        yield
    except ServiceInvalid as error:
        stop(str(error))
    except ManagementFailed as error:
        stop(f"{error}{rest}")
