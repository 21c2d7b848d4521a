"""`userbus doctor`."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from access.service_grants import ServiceInvalid
from access.service_list import read_services
from cli.broker import open_management
from cli.connection import read_settings
from cli.doctor.broker import check_broker, check_users, look_at_broker
from cli.doctor.database import check_database
from cli.doctor.finding import Finding
from cli.doctor.going_live import check_going_live, read_bridge_settings
from cli.doctor.queues import look_at_queues
from cli.doctor.sms import ask_gateway
from cli.doctor.workers import SeenWorker, ask_workers, check_workers
from cli.management import ManagementFailed
from cli.operator import operator
from cli.output import print_line
from cli.services.settings import load_settings
from cli.table import print_table
from cli.topology.settings import TopologySettings, read_topology_settings
from client.broker import connect_broker
from client.bus import Bus
from client.errors import BusError
from contracts.broker_addresses import broker_addresses
from contracts.topology.declared import declared_topology
from contracts.topology.parts import Topology

ORDER = ("broken", "warning", "not seen", "ok")
Lines = Annotated[bool, typer.Option("--json", help="One JSON object a finding.")]
Everything = Annotated[bool, typer.Option("--all", help="Also what is well, and what cannot be looked at from here.")]
Strict = Annotated[bool, typer.Option("--strict", help="Status 1 for warnings too.")]
BridgeEnv = Annotated[
    Path | None,
    typer.Option(
        "--bridge-env", exists=True, dir_okay=False, help="A file with the bridge's settings, to look at those too."
    ),
]


@dataclass(frozen=True)
class Seen:
    """The workers that answered, and what came of asking."""

    workers: list[SeenWorker]
    findings: list[Finding]


def examine(
    lines: Lines = False, everything: Everything = False, strict: Strict = False, bridge_env: BridgeEnv = None
) -> None:
    """Look at broker, database, workers, settings and the checklist for going live, and say what to do.

    It asks workers over the bus, and RabbitMQ by USERBUS_MANAGEMENT_URL; without it, it sees of the broker how many
    messages wait in the queues and whether somebody consumes them. Status 1 where something is broken.
    """
    settings = read_topology_settings()
    seen = asyncio.run(_ask())
    findings = [*seen.findings, *_check_workers(seen.workers), *_check_broker(settings, seen.workers)]
    bridge = read_bridge_settings(bridge_env) if bridge_env else {}
    findings += check_going_live([worker.view for worker in seen.workers], bridge)
    findings.sort(key=lambda finding: ORDER.index(finding.state))
    _print(findings, lines, everything)
    wrong = {"broken", "warning"} if strict else {"broken"}
    raise typer.Exit(1 if any(finding.state in wrong for finding in findings) else 0)


async def _ask() -> Seen:
    url = read_settings().amqp_url.get_secret_value()
    async with Bus(url, app_id="userbus-cli", retry=False, actor=f"operator:{operator()}") as bus:
        if bus.state == "no broker":
            told, advice = f"cannot be used: {bus.failure}", "is it running, and is USERBUS_AMQP_URL right?"
            return Seen([], [Finding("broken", "broker", "connection", told, advice)])
        if bus.state == "no topology":
            told = "the exchanges and queues of userbus are not there"
            return Seen([], [Finding("broken", "broker", "connection", told, "start a worker, which declares them")])
        try:
            return Seen(await ask_workers(bus), [await _find_version(url), await ask_gateway(bus)])
        except BusError as error:
            told, advice = f"no answer: {error.message}", "start a worker, or look at its log; `userbus health`"
            return Seen([], [Finding("broken", "workers", "answering", told, advice)])


async def _find_version(url: str) -> Finding:
    try:
        async with await connect_broker(url) as connection:
            properties = connection.transport.connection.server_properties if connection.transport else {}
            version = str(properties.get("version"))
            return Finding("ok", "broker", "connection", f"RabbitMQ {version}, as {_user(url)}")
    except CONNECTION_EXCEPTIONS as error:
        told, advice = f"no second one, beside that to the workers: {error}", f"how many may {_user(url)} have at once?"
        return Finding("not seen", "broker", "connection", told, advice)


def _check_workers(workers: Sequence[SeenWorker]) -> Iterator[Finding]:
    if workers:
        yield from check_workers(workers)
    for worker in workers:
        yield from check_database(worker.view)


def _check_broker(settings: TopologySettings, workers: Sequence[SeenWorker]) -> Iterator[Finding]:
    management = open_management(settings.management_url)
    topology, url = _topology(settings, workers), read_settings().amqp_url.get_secret_value()
    if management is None:
        told = "nodes, members, leaders, users: not without its management API"
        yield Finding("not seen", "broker", "management", told, "set USERBUS_MANAGEMENT_URL")
        yield from look_at_queues(url, topology)
        return
    user = _user(url)
    try:
        broker = look_at_broker(management, topology)
        yield from check_broker(broker, topology)
        yield from check_users(broker, read_services(load_settings().services_file), user)
    except (ManagementFailed, ServiceInvalid) as error:
        yield Finding("broken", "broker", "management", str(error), "is USERBUS_MANAGEMENT_URL right?")
    else:
        yield from _check_addresses(len(broker.nodes), workers)


def _check_addresses(nodes: int, workers: Sequence[SeenWorker]) -> Iterator[Finding]:
    for view in (worker.view for worker in workers):
        if nodes > 1 and view.settings["amqp_addresses"] == "1":
            told = f"one address for {nodes} nodes: with that node it loses its broker"
            advice = "name all nodes in USERBUS_AMQP_URL, unless the address is a load balancer's"
            yield Finding("warning", "workers", f"settings of {view.worker}", told, advice)


def _topology(settings: TopologySettings, workers: Sequence[SeenWorker]) -> Topology:
    """As the workers declare it, else as this program's settings have it."""
    if not workers:
        return settings.topology
    told = workers[0].view.settings
    return declared_topology(int(told["queue_length"]), int(told["events_days"]))


def _user(url: str) -> str:
    return unquote(urlsplit(broker_addresses(url).current).username or "guest")


def _print(findings: Sequence[Finding], lines: bool, everything: bool) -> None:
    if lines:
        for finding in findings:
            print_line(json.dumps(asdict(finding), ensure_ascii=False))
        return
    shown = [each for each in findings if everything or each.state in ("broken", "warning")]
    if shown:
        rows = [[each.state, each.area, each.what, each.told, each.advice] for each in shown]
        print_table(("state", "where", "what", "found", "what to do"), rows)
    counts = [f"{sum(each.state == state for each in findings)} {state}" for state in ORDER]
    print_line(f"{', '.join(counts)}{'' if everything else '; --all shows them'}", err=True)
