"""What may happen to a cluster under the load: one function each."""

import asyncio
from collections.abc import Awaitable, Callable

from devstack.local import LocalServer
from tests.support.cluster.broker_cluster import BrokerNode
from tests.support.cluster.stage import ClusterStage

Break = Callable[[ClusterStage], Awaitable[None]]
DOWN_SECONDS = 10.0
FROZEN_SECONDS = 20.0
COMMANDS_QUEUE = "userbus.user"
QUERIES_QUEUE = "userbus.user.queries"


async def nothing(_: ClusterStage) -> None:
    """No damage: what the other lines are compared with."""
    await asyncio.sleep(DOWN_SECONDS)


async def kill_a_follower(stage: ClusterStage) -> None:
    leader = await _leader(stage)
    await _kill([next(node.server for node in stage.broker.nodes if node is not leader)])


async def kill_the_leader(stage: ClusterStage) -> None:
    await _kill([(await _leader(stage)).server])


async def kill_the_node_of_queries(stage: ClusterStage) -> None:
    """The one node that has the queries of a family, and answers the calls of the probes."""
    await _kill([(await _leader(stage, QUERIES_QUEUE)).server])


async def kill_each_node_in_turn(stage: ClusterStage) -> None:
    """The leaders of every family's queue, the nodes of every process's connections."""
    for node in stage.broker.nodes:
        await _kill([node.server])
        await stage.wait_ready()


async def kill_the_node_under_the_relay(stage: ClusterStage) -> None:
    await _kill([(await asyncio.to_thread(stage.broker.relay_node)).server])


async def freeze_a_node(stage: ClusterStage) -> None:
    await _freeze(await _leader(stage))


async def partition_one_from_two(stage: ClusterStage) -> None:
    await _isolate(stage, await _leader(stage))


async def partition_the_node_of_queries(stage: ClusterStage) -> None:
    await _isolate(stage, await _leader(stage, QUERIES_QUEUE))


async def lose_the_majority_of_nodes(stage: ClusterStage) -> None:
    await _kill([node.server for node in stage.broker.nodes[1:]])


async def restart_nodes_in_turn(stage: ClusterStage) -> None:
    for node in stage.broker.nodes:
        await asyncio.to_thread(node.server.restart)
        await stage.wait_ready()


async def kill_a_secondary(stage: ClusterStage) -> None:
    await _kill([(await asyncio.to_thread(stage.database.find_secondary)).server])


async def kill_the_primary(stage: ClusterStage) -> None:
    await _kill([(await asyncio.to_thread(stage.database.find_primary)).server])


async def freeze_the_primary(stage: ClusterStage) -> None:
    member = await asyncio.to_thread(stage.database.find_primary)
    member.freeze()
    await asyncio.sleep(FROZEN_SECONDS)
    member.thaw()


async def step_the_primary_down(stage: ClusterStage) -> None:
    await asyncio.to_thread(stage.database.step_down)


async def lose_the_majority_of_members(stage: ClusterStage) -> None:
    await _kill([member.server for member in stage.database.members[1:]])


async def restart_members_in_turn(stage: ClusterStage) -> None:
    for member in stage.database.members:
        await asyncio.to_thread(member.server.restart)
        await stage.wait_ready()


async def add_a_member(stage: ClusterStage) -> None:
    """A fourth one; it stays."""
    await asyncio.to_thread(stage.database.add_member)


async def kill_the_leader_and_the_primary(stage: ClusterStage) -> None:
    primary = await asyncio.to_thread(stage.database.find_primary)
    await _kill([(await _leader(stage)).server, primary.server])


async def _leader(stage: ClusterStage, queue: str = COMMANDS_QUEUE) -> BrokerNode:
    return (await asyncio.to_thread(stage.broker.queue_nodes))[queue]


async def _kill(servers: list[LocalServer]) -> None:
    """Kill servers at once, and start them again after a while."""
    for server in servers:
        server.kill()
    await asyncio.sleep(DOWN_SECONDS)
    for server in servers:
        server.launch()
    await asyncio.gather(*(asyncio.to_thread(server.wait) for server in servers))


async def _isolate(stage: ClusterStage, node: BrokerNode) -> None:
    await asyncio.to_thread(stage.broker.isolate, node)
    await asyncio.sleep(DOWN_SECONDS)
    await asyncio.to_thread(stage.broker.rejoin, node)


async def _freeze(node: BrokerNode) -> None:
    node.freeze()
    await asyncio.sleep(FROZEN_SECONDS)
    node.thaw()


BREAKS: list[Break] = [
    nothing,
    kill_a_follower,
    kill_the_leader,
    kill_the_node_of_queries,
    kill_each_node_in_turn,
    kill_the_node_under_the_relay,
    freeze_a_node,
    partition_one_from_two,
    partition_the_node_of_queries,
    lose_the_majority_of_nodes,
    restart_nodes_in_turn,
    kill_a_secondary,
    kill_the_primary,
    freeze_the_primary,
    step_the_primary_down,
    lose_the_majority_of_members,
    restart_members_in_turn,
    kill_the_leader_and_the_primary,
    add_a_member,  # the last one: it stays
]
