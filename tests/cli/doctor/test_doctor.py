"""`userbus doctor` on real servers: well, and broken in one way after the other."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from cli.doctor.going_live import BRIDGE, BY_HAND, WORKERS
from devstack.servers import RunningServers
from models.store.client import Store
from tests.support.command_line import run_userbus
from tests.support.doctor import earlier_user, examine, found, put, settled, wrong
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.patience import PATIENCE
from tests.support.restricted import RestrictedBroker, restricted_rabbitmq
from tests.support.stack import SECRET, fresh_database, settings
from worker.app import Worker, run_worker

ELSEWHERE = "2130706433"  # this machine, in a spelling that does not look like it
OPEN_WORKER = {
    "require_caller": False,
    "log_format": "console",
    "sms_sender": "log",
    "sms_per_address": 0,
    "webhook_networks": "0.0.0.0/0",
}
OPEN_BRIDGE = """
export USERBUS_BRIDGE_OPEN_DIALECTS=rbac
USERBUS_AMQP_URL=amqp://bridge:secret@rabbitmq
USERBUS_TRUSTED_PROXIES='*'
USERBUS_CORS_ORIGINS="*"
USERBUS_CONSOLE=true
# USERBUS_ALLOWED_HOSTS=x
"""


@pytest.fixture(scope="module")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestrictedBroker]:
    with restricted_rabbitmq(tmp_path_factory.mktemp("restricted")) as broker:
        yield broker


@pytest.fixture(scope="module")
async def worker(running: RunningServers, restricted: RestrictedBroker) -> AsyncIterator[Worker]:
    async with run_worker(worker_settings(running, restricted)) as up:
        yield up


@pytest.fixture
async def channel(restricted: RestrictedBroker, worker: Worker) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(restricted.urls["worker"]) as connection:
        yield await connection.channel()


def worker_settings(running: RunningServers, broker: RestrictedBroker, **changed: Any) -> Any:
    required = {"require_caller": True, "services_file": broker.services_file, "log_format": "json"}
    own = {"amqp_url": broker.urls["worker"], "mongo_url": fresh_database(running.mongo_url), "webhook_networks": ""}
    return settings(running, **{**required, **own, **changed})


async def test_what_is_well_has_status_0(restricted: RestrictedBroker, worker: Worker) -> None:
    await settled(restricted, "userbus.sms", "consumers", 1)
    status, findings = await examine(restricted)
    assert (status, wrong(findings)) == (0, [])
    warned = {each["what"] for each in findings if each["state"] == "warning"}
    assert warned == {"nodes", "replica set rs0"}  # of one machine each
    assert (await examine(restricted, "--strict"))[0] == 1
    status, out, err = await run_userbus(restricted.urls["operator"], "doctor")
    assert (status, "three members with data" in out, "0 broken, " in err) == (0, True, True)


async def test_a_binding_or_a_queue_that_is_missing(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    queue = await channel.get_queue("userbus.user", ensure=False)
    await queue.unbind("userbus.commands", "user.create")
    status, findings = await examine(restricted)
    await queue.bind("userbus.commands", "user.create")
    assert (status, found(findings, "broken", "not bound to userbus.commands by 'user.create'")) == (1, True)


async def test_an_index_that_is_missing(restricted: RestrictedBroker, worker: Worker) -> None:
    store: Store = worker.dependencies.store
    keys = (await store.collection("users").index_information())["uuid_1"]
    await store.drop_index("users", "uuid_1")
    status, findings = await examine(restricted)
    await store.collection("users").create_index(
        keys["key"], unique=True, partialFilterExpression=keys["partialFilterExpression"]
    )
    assert (status, found(findings, "broken", "users.uuid_1")) == (1, True)


async def test_dead_letters_and_users_of_earlier_definitions(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    await channel.default_exchange.publish(aio_pika.Message(b"{}"), "userbus.dead")
    await settled(restricted, "userbus.dead", "messages", 1)
    async with earlier_user(restricted, "publisher"):
        status, findings = await examine(restricted)
    await (await channel.get_queue("userbus.dead", ensure=False)).purge()
    assert (status, found(findings, "warning", "1 messages")) == (0, True)
    assert found(findings, "warning", "publisher")


async def test_a_service_without_a_user_or_with_other_rights(restricted: RestrictedBroker, worker: Worker) -> None:
    file = restricted.services_file
    before = file.read_text()
    async with await aio_pika.connect(restricted.urls["billing"]) as connection:
        queue = await (await connection.channel()).declare_queue("billing.events", durable=True)
        await queue.bind("userbus.events", "user.*")
        changed = before.replace('events = ["user.*"]', "events = []").replace("[reader]", "[newcomer]")
        file.write_text(changed)
        status, findings = await examine(restricted)
        file.write_text(before)
        await queue.delete()
    assert (status, found(findings, "broken", "newcomer")) == (1, True)
    assert found(findings, "warning", "user billing")
    assert found(findings, "warning", "user reader is in the list no more")
    assert found(findings, "warning", "billing.events is bound to userbus.events by 'user.*'")


async def test_workers_that_differ_and_settings_that_contradict_each_other(
    running: RunningServers, restricted: RestrictedBroker, worker: Worker, tmp_path: Any
) -> None:
    env = os.environ | {
        "USERBUS_AMQP_URL": restricted.urls["worker"],
        "USERBUS_MONGO_URL": fresh_database(running.mongo_url),
        "USERBUS_SECRET_KEY": SECRET,
        "USERBUS_REQUIRE_CALLER": "true",
        "USERBUS_SERVICES_FILE": str(tmp_path / "none.toml"),
        "USERBUS_AUDIT_DAYS": "3",
        "USERBUS_DRAIN_SECONDS": "1",
    }
    program = ForkedProgram(["worker"], env, StandardFiles(tmp_path / "out", tmp_path / "err"))
    try:
        async with asyncio.timeout(PATIENCE):
            while not found((await examine(restricted, USERBUS_MANAGEMENT_URL=""))[1], "warning", "is 3 and 90"):
                await asyncio.sleep(0.5)
        status, findings = await examine(restricted, USERBUS_MANAGEMENT_URL="")
    finally:
        await asyncio.to_thread(program.stop)
    told = ("USERBUS_AUDIT_DAYS", "longer of the two", "list of services is empty", "drain_seconds", "encryption")
    assert [text for text in told if not found(findings, "warning", text)] == []
    assert (status, found(findings, "not seen", "management")) == (0, True)


async def test_each_row_of_the_checklist_for_going_live_that_is_open_is_told(
    running: RunningServers, restricted: RestrictedBroker, worker: Worker, tmp_path: Any
) -> None:
    file = tmp_path / "bridge.env"
    file.write_text(OPEN_BRIDGE)
    mongo_url = fresh_database(running.mongo_url).replace("127.0.0.1", ELSEWHERE)
    urls = {"amqp_url": restricted.urls["worker"].replace("127.0.0.1", ELSEWHERE), "mongo_url": mongo_url}
    opened = worker_settings(running, restricted, sms_log=tmp_path / "sms.log", **urls, **OPEN_WORKER)
    async with run_worker(opened), earlier_user(restricted, "guest"):
        status, findings = await examine(restricted, "--bridge-env", str(file))
    told = [each for each in findings if each["area"] == "going live"]
    open_rows = {each["what"] for each in told if each["state"] == "warning"}
    beside = {"TLS of the bridge", "users of earlier definitions"}
    assert (status, open_rows) == (0, {row.what for row in (*WORKERS, *BRIDGE)} | beside)
    unseen = {each["what"] for each in told if each["state"] == "not seen"}
    assert {*BY_HAND, "console"} <= unseen
    assert all(each["advice"] for each in told)


async def test_no_worker_no_broker_no_management(restricted: RestrictedBroker, worker: Worker) -> None:
    status, findings = await examine(restricted, USERBUS_AMQP_URL="amqp://guest:guest@127.0.0.1:9")
    assert (status, found(findings, "broken", "cannot be used")) == (1, True)
    wrong_password = restricted.management_url.replace("admin:", "admin:x")
    status, findings = await examine(restricted, USERBUS_MANAGEMENT_URL=wrong_password)
    assert (status, found(findings, "broken", "401")) == (1, True)


async def test_a_user_who_may_have_one_connection(restricted: RestrictedBroker, worker: Worker) -> None:
    async with put(restricted, "user-limits/operator/max-connections", {"value": 1}):
        _, findings = await examine(restricted)
    assert found(findings, "not seen", "as many connections as it may")


async def test_nobody_answers(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    queries = await channel.get_queue("userbus.auth.queries", ensure=False)
    await queries.unbind("userbus.commands", "worker.diagnose")
    unknown = await channel.get_queue("userbus.unknown", ensure=False)
    await unknown.unbind("userbus.unknown", "userbus.unknown")
    try:
        status, findings = await examine(restricted)
    finally:
        await queries.bind("userbus.commands", "worker.diagnose")
        await unknown.bind("userbus.unknown", "userbus.unknown")
    assert (status, found(findings, "broken", "answering")) == (1, True)


async def test_the_database_is_down(apart: RunningServers, restricted: RestrictedBroker, worker: Worker) -> None:
    url = {"mongo_url": fresh_database(apart.mongo_url)}
    async with run_worker(worker_settings(apart, restricted, **url)):
        apart.mongo.stop()
        try:
            status, findings = await examine(restricted, USERBUS_MANAGEMENT_URL="")
        finally:
            apart.mongo.start()
    assert (status, found(findings, "broken", "seen by")) == (1, True)
