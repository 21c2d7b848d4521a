"""Three RabbitMQ nodes from the local package, on loopback, as one cluster."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.topology.declared import RELAY_EXCHANGE
from devstack.local import LocalServer
from devstack.ports import HOST, free_port
from devstack.rabbitmq import PLUGIN, USER, ensure_rabbitmq, local_epmd, local_rabbitmq
from tests.support.patience import PATIENCE

NODES = ("userbus1", "userbus2", "userbus3")
PASSWORD = "cluster"
COOKIE = "userbuscluster"
ARGUMENTS = "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"
REJOIN = Path(__file__).parents[3] / "deploy/rabbitmq/rejoin.erl"  # what is shipped, as it is shipped
# another RabbitMQ than the system's, as the folder `sbin` of the generic package
SBIN = Path(os.environ.get("RABBITMQ_SBIN", "/usr/lib/rabbitmq/bin"))
RABBITMQCTL = SBIN / "rabbitmqctl"
# quorum queues look every second whether their leader's node still lives, instead of every 5 s
DETECTION = "-aten poll_interval 1000"  # as in deploy
# a node that stands still is given up after some 5 s instead of 45 to 75 s; a minority stops serving
SETTINGS = "net_ticktime = 4\ncluster_partition_handling = pause_minority\nqueue_leader_locator = balanced\n"


@dataclass(frozen=True)
class BrokerNode:
    """One node: its process, its URL for clients, its name among the nodes."""

    name: str
    url: str
    server: LocalServer

    def freeze(self) -> None:
        """Let it stand still."""
        os.kill(self.server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.server.pid, signal.SIGCONT)

    def evaluate(self, expression: str) -> str:
        """The value of an Erlang expression in this node."""
        return self.control("eval", expression)

    def control(self, *words: str) -> str:
        """What rabbitmqctl says to these words."""
        argv = [str(RABBITMQCTL), "-q", "-n", self.name, *words]
        told = subprocess.run(argv, env=self.server.spec.env, capture_output=True, text=True, check=True, timeout=60)
        return told.stdout


@dataclass(frozen=True)
class BrokerCluster:
    """All nodes; `url` is the setting that names them all."""

    nodes: list[BrokerNode]

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    def queue_nodes(self) -> dict[str, BrokerNode]:
        """The node of each queue: of its leader, where it has several members."""
        told = self.nodes[0].control("list_queues", "name", "pid", "--no-table-headers").splitlines()
        rows = (line.split("\t") for line in told)
        return {name: node for name, pid in rows for node in self.nodes if node.name in pid}

    def relay_node(self) -> BrokerNode:
        """The node that the relaying worker is connected to: its queue alone is bound to the relay's exchange."""
        until = time.monotonic() + PATIENCE
        while len(bound := self._bound_to_relay()) != 1:  # none, where the lease is just going to another
            if time.monotonic() > until:
                raise TimeoutError("no worker relays")
        return self.queue_nodes()[bound[0]]

    def _bound_to_relay(self) -> list[str]:
        told = self.nodes[0].control("list_bindings", "source_name", "destination_name", "--no-table-headers")
        rows = [line.split("\t") for line in told.splitlines()]
        return [queue for exchange, queue in rows if exchange == RELAY_EXCHANGE]

    def isolate(self, node: BrokerNode) -> None:
        """Let a node and the others hear nothing of each other any more, by a wrong cookie; clients hear all."""
        self._set_cookie(node, "partitioned")

    def rejoin(self, node: BrokerNode) -> None:
        """Let them talk again."""
        self._set_cookie(node, COOKIE)

    def _set_cookie(self, node: BrokerNode, cookie: str) -> None:
        peers = ", ".join(f"'{other.name}'" for other in self.nodes if other is not node)
        node.evaluate(f"[begin erlang:set_cookie(P, {cookie}), erlang:disconnect_node(P) end || P <- [{peers}]].")


@contextmanager
def broker_cluster(home: Path, management_port: int | None = None) -> Iterator[BrokerCluster]:
    """Run three nodes until the block ends, with files and logs in `home`; the first may have a management API."""
    ensure_rabbitmq(print)
    epmd = local_epmd(home)
    with ExitStack() as stack:
        stack.callback(epmd.close)
        epmd.launch()
        epmd.wait()
        nodes = [_node(home / name, name, epmd.spec.port) for name in NODES]
        if management_port:
            _enable_management(home, management_port)
        # all at once, in any order: they find each other, and one that was down last may have to wait for the others
        for node in random.sample(nodes, len(nodes)):
            stack.callback(node.server.close)
            node.server.launch()
        for node in nodes:
            node.server.wait()
        yield BrokerCluster(nodes)


def _node(home: Path, name: str, epmd_port: int) -> BrokerNode:
    port = free_port()
    spec = local_rabbitmq(home, port, epmd_port, PASSWORD).spec
    folder = home / "rabbitmq"
    cookie = folder / ".erlang.cookie"
    cookie.write_text(COOKIE)
    cookie.chmod(0o400)
    peers = "".join(
        f"cluster_formation.classic_config.nodes.{number} = {peer}@localhost\n" for number, peer in enumerate(NODES, 1)
    )
    with (folder / "rabbitmq.conf").open("a") as conf:
        conf.write(f"{SETTINGS}{peers}")
    full = f"{name}@localhost"
    argv = (str(SBIN / "rabbitmq-server"),)
    arguments = f'{spec.env[ARGUMENTS]} {DETECTION} -eval file:eval("{REJOIN}").'
    env = {**spec.env, "RABBITMQ_NODENAME": full, ARGUMENTS: arguments}
    return BrokerNode(full, f"amqp://{USER}:{PASSWORD}@{HOST}:{port}", LocalServer(replace(spec, argv=argv, env=env)))


def _enable_management(home: Path, port: int) -> None:
    for name in NODES:
        plugin = "rabbitmq_management" if name == NODES[0] else "rabbitmq_management_agent"
        (home / name / "rabbitmq" / "enabled_plugins").write_text(f"[{plugin},{PLUGIN}].\n")
    with (home / NODES[0] / "rabbitmq" / "rabbitmq.conf").open("a") as conf:
        conf.write(f"management.tcp.ip = {HOST}\nmanagement.tcp.port = {port}\n")
