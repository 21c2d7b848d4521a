"""A cluster under a mixed load loses any node, and nothing else: `make faults-cluster`."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.conftest import wait_served
from tests.support.client import Client
from tests.support.cluster.breaks import BREAKS, Break
from tests.support.cluster.probes import Noticed, probes
from tests.support.cluster.stage import ClusterStage, cluster_stage
from tests.support.faults.audit import Outcome, audit, listen, wait_quiet
from tests.support.faults.stage import read_sent, run_load
from tests.support.faults.table import Table
from tests.support.stores import open_store

FULL = bool(os.environ.get("FAULTS_CLUSTER"))
MANY = 1_000_000  # the load is told when to end
PAUSE = 0.3
BEFORE_SECONDS = AFTER_SECONDS = 5.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterStage]:
    """The cluster and the processes on it, for all cases: none of them is started again between two."""
    with cluster_stage(tmp_path_factory.mktemp("cluster")) as up:
        yield up


@pytest.fixture
def table(record_property: Callable[[str, object], None]) -> Table:
    """Where the cases tell what they counted."""
    return Table(record_property)


@dataclass(frozen=True)
class Row:
    """One line of the table; times in seconds. `back` is from the break to all processes ready, in a whole cluster."""

    commands: int
    lost: int
    doubled: int
    events_missing: int
    unordered: int
    different: int
    unanswered: int
    bus_silence: float
    http_silence: float
    events_late: float
    back: float
    wrongly_unready: int
    wrongly_ready: int
    restarts: int


def row(outcome: Outcome, noticed: Noticed, back: float, restarts: int) -> Row:
    """The line of a case."""
    return Row(
        commands=outcome.commands,
        lost=outcome.lost,
        doubled=outcome.duplicates,
        events_missing=outcome.missing,
        unordered=outcome.unordered,
        different=outcome.different,
        unanswered=outcome.unanswered,
        bus_silence=round(outcome.gap, 1),
        http_silence=noticed.silence,
        events_late=noticed.lateness,
        back=round(back, 1),
        wrongly_unready=noticed.wrongly_unready,
        wrongly_ready=noticed.wrongly_ready,
        restarts=restarts,
    )


# aio-pika leaves the socket of a connect to a node that goes away meanwhile to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed resource <TCPTransport:ResourceWarning")
@pytest.mark.skipif(not FULL, reason="six servers take minutes of processor time: make faults-cluster")
@pytest.mark.parametrize("breaks", BREAKS)
async def test_a_cluster_loses_a_node_and_nothing_else(
    stage: ClusterStage, breaks: Break, table: Table, tmp_path: Path
) -> None:
    await stage.wait_ready()
    async with Client((await stage.find_node()).url) as caller:
        await wait_served(caller)
        await listen(caller)
    async with run_load(stage.broker.url, MANY, tmp_path, PAUSE) as load, probes(stage) as noticed:
        await asyncio.sleep(BEFORE_SECONDS)
        began = time.monotonic()
        await breaks(stage)
        await stage.wait_ready()
        back = time.monotonic() - began
        await asyncio.sleep(AFTER_SECONDS)
        assert load.exit_code is None
        os.kill(load.pid, signal.SIGUSR1)
    outcome = await count(stage, tmp_path)
    restarts = sum(program.exit_code is not None for program in stage.programs)
    table.add(breaks.__name__.replace("_", " "), row(outcome, noticed, back, restarts))
    assert outcome.flaws == {}
    assert restarts == 0


async def count(stage: ClusterStage, folder: Path) -> Outcome:
    """What should be there against what is."""
    written = read_sent(folder)
    async with open_store(stage.database.url) as store, Client((await stage.find_node()).url) as caller:
        await wait_quiet(caller, store, written["sent"])
        return await audit(caller, store, written["sent"], written["gap"])
