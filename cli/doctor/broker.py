"""What the management API tells of RabbitMQ: nodes, members, leaders, consumers, users."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from access.rabbitmq_users import USERS, UserRights, service_rights
from access.service_grants import ServiceIdentity
from cli.doctor.finding import Finding, State, clock_ahead, judge, judge_clock
from cli.doctor.queues import check_depth
from cli.management import Management
from cli.services.applying import lost_bindings
from cli.topology.found import look_by_management
from cli.topology.plan import Step, make_plan
from client.broker import QueueState
from contracts.topology.declared import MEMBERS
from contracts.topology.parts import DeclaredQueue, Topology

AREA = "broker"
OLDEST = (3, 10)
DATE_SECONDS = 2.0  # it tells whole seconds, and renews them once a second
OLD_USERS = ("guest", "publisher", "consumer")
ALARMS = {"mem_alarm": "memory alarm: publishers are blocked", "disk_free_alarm": "disk alarm: publishers are blocked"}


@dataclass(frozen=True)
class BrokerState:
    """What the management API tells; `ahead` is by how many seconds its clock is ahead at least."""

    version: str
    nodes: Sequence[Mapping[str, Any]]
    queues: Mapping[str, Mapping[str, Any]]
    users: Sequence[str]
    services: Sequence[str]
    permissions: Mapping[str, Mapping[str, str]]
    bindings: Sequence[Mapping[str, Any]]
    steps: Sequence[Step]
    ahead: float


def look_at_broker(management: Management, topology: Topology) -> BrokerState:
    """Ask for everything. Raises `ManagementFailed`."""
    began = datetime.now(UTC)
    overview, date = management.show_overview()
    ahead = clock_ahead(date, began, datetime.now(UTC), DATE_SECONDS)
    return BrokerState(
        str(overview["rabbitmq_version"]),
        management.list_nodes(),
        {row["name"]: row for row in management.list_all("queues")},
        [row["name"] for row in management.list_users()],
        management.list_services(),
        {row["user"]: row for row in management.list_permissions()},
        management.list_all("bindings"),
        make_plan(topology, look_by_management(management)),
        ahead,
    )


def check_broker(broker: BrokerState, topology: Topology) -> Iterator[Finding]:
    """What is to say of the broker."""
    numbers = re.findall(r"\d+", broker.version)
    is_old = tuple(map(int, numbers[:2])) < OLDEST
    yield judge(AREA, "version", broker.version, "warning" if is_old else None, "upgrade RabbitMQ to 3.10 or later")
    yield judge_clock(AREA, "clock", broker.ahead)
    yield from _check_nodes(broker)
    yield from _check_topology(broker.steps)
    yield _check_leaders(broker, topology)
    for queue in topology.queues:
        if row := broker.queues.get(queue.name):
            yield from _check_queue(queue, row, len(broker.nodes))


def _check_nodes(broker: BrokerState) -> Iterator[Finding]:
    count = len(broker.nodes)
    told = ", ".join(str(node["name"]) for node in broker.nodes)
    yield judge(AREA, "nodes", told, "warning" if count < MEMBERS else None, f"{MEMBERS} nodes survive the loss of one")
    for node in broker.nodes:
        name = f"node {node['name']}"
        if not node.get("running"):
            yield Finding("broken", AREA, name, "is down", "start it; its log says why it ended")
        for alarm, told in ALARMS.items():
            if node.get(alarm):
                yield Finding("broken", AREA, name, told, "give it room, or raise its limit")
        if node.get("partitions"):
            told = f"is partitioned from {', '.join(node['partitions'])}"
            yield Finding("broken", AREA, name, told, "restart the smaller side; rejoin.erl does: docs/scaling.md")


def _check_topology(steps: Sequence[Step]) -> Iterator[Finding]:
    if not steps:
        yield Finding("ok", AREA, "queues, exchanges, bindings", "as declared")
    for step in steps:
        is_lossy = step.verb.startswith("create") or step.verb == "bind"
        yield Finding(
            "broken" if is_lossy else "warning", AREA, step.name, step.why, f"`userbus topology plan`: {step.verb}"
        )


def _check_leaders(broker: BrokerState, topology: Topology) -> Finding:
    rows = [broker.queues[queue.name] for queue in topology.queues if queue.name in broker.queues]
    leaders = Counter(str(row.get("leader") or row.get("node")) for row in rows)
    told = ", ".join(f"{count} on {node}" for node, count in sorted(leaders.items()))
    running = sum(bool(node.get("running")) for node in broker.nodes)
    is_uneven = running > 1 and max(leaders.values(), default=0) > 0.6 * len(rows)
    return judge(AREA, "leaders", told, "warning" if is_uneven else None, "`rabbitmq-queues rebalance all`")


def _check_queue(queue: DeclaredQueue, row: Mapping[str, Any], nodes: int) -> Iterator[Finding]:
    members, online = row.get("members"), row.get("online")
    if members and online is not None:
        yield from _check_members(queue, members, online, nodes)
    yield from check_depth(queue, QueueState(int(row.get("messages", 0)), int(row.get("consumers", 1))))


def _check_members(
    queue: DeclaredQueue, members: Sequence[str], online: Sequence[str], nodes: int
) -> Iterator[Finding]:
    gone = sorted({*members} - {*online})
    if gone:
        fault: State = "broken" if 2 * len(online) <= len(members) else "warning"
        yield Finding(fault, AREA, queue.name, f"members down: {', '.join(gone)}", "start these nodes")
    if len(members) < min(MEMBERS, nodes):
        command = "rabbitmq-streams add_replica" if queue.is_stream else "rabbitmq-queues grow <node> all;"
        told = f"{len(members)} of {min(MEMBERS, nodes)} members: {', '.join(members)}"
        yield Finding("warning", AREA, queue.name, told, f"`{command}` where it has none")


def check_users(broker: BrokerState, services: Mapping[str, ServiceIdentity], user: str) -> Iterator[Finding]:
    """What is to say of RabbitMQ's users; `user` is the one of the command line."""
    known = {**USERS, **{name: service_rights(service) for name, service in services.items()}}
    if old := [name for name in OLD_USERS if name in broker.users]:
        told, advice = ", ".join(old), "`rabbitmqctl delete_user <name>` once nobody connects as it"
        yield Finding("warning", "going live", "users of earlier definitions", told, advice)
    for name in broker.users:
        if name in known and (told := _differing_rights(known[name], broker.permissions.get(name, {}))):
            advice = "`userbus service apply`" if name in services else "import the definitions of the broker again"
            yield Finding("warning", AREA, f"user {name}", told, advice)
    yield from _check_services(broker, services)
    told = "as the definitions have it" if user in known else "may do what was given to it by hand"
    yield Finding("ok", AREA, f"user {user}", told)


def _check_services(broker: BrokerState, services: Mapping[str, ServiceIdentity]) -> Iterator[Finding]:
    """Where the list was changed and the broker was not."""
    for name in services.keys() - {*broker.users}:
        told = "is in the list of services, not on the broker"
        yield Finding("broken", AREA, f"user {name}", told, "`userbus service apply`")
    for name in sorted({*broker.services} & {*broker.users} - services.keys()):
        yield Finding("warning", AREA, f"user {name}", "is in the list no more", f"`userbus service remove {name}`")
    for row in lost_bindings(broker.bindings, services.values()):
        told = f"is bound to {row['source']} by {row['routing_key']!r}, which its service may not hear"
        yield Finding("warning", AREA, str(row["destination"]), told, "`userbus service apply`")


def _differing_rights(rights: UserRights, there: Mapping[str, str]) -> str:
    differing = [
        f"{kind} is {there.get(kind, 'nothing')!r}, not {getattr(rights, kind)!r}"
        for kind in ("configure", "write", "read")
        if there.get(kind) != getattr(rights, kind)
    ]
    return "; ".join(differing)
