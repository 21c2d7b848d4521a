"""What the plugin gives: clients, the trouble that a test wants, and what was sent and emitted."""

from typing import get_args

import aio_pika
import pytest
from pydantic import SecretStr

from client.bus import Bus
from client.errors import KINDS, Conflict, Internal, NotFound, TimedOut, Unavailable
from client.sync import SyncBus
from contracts.auth import SignIn
from contracts.problem import Kind
from contracts.roles import CreateRole
from contracts.sms import SendCode, VerifyCode
from contracts.user_queries import GetUser, SearchUsers
from contracts.users import CreateUser
from testing.userbus import MemoryUserbus

SHORT = 0.3  # seconds
PASSWORD = SecretStr("a password of hers")


async def test_rules_are_those_of_userbus(userbus_client: Bus) -> None:
    ada = await userbus_client.ask(CreateUser(username="ada", password=PASSWORD))
    with pytest.raises(Conflict) as refused:
        await userbus_client.ask(CreateUser(username="Ada"))
    assert refused.value.code == "user.username_taken"
    signed_in = await userbus_client.ask(SignIn(login="ada", password=PASSWORD))
    assert signed_in.user.id == ada.id


async def test_the_event_of_what_was_answered_is_there(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    for emitted in range(1, 21):
        await userbus_client.ask(CreateUser(username=f"ada_{emitted}"))
        assert len(userbus.events) == emitted


async def test_a_test_sees_nothing_of_another(userbus_client: Bus) -> None:
    assert (await userbus_client.ask(SearchUsers())).total == 0


def test_programs_without_asyncio_have_a_client_too(userbus: MemoryUserbus, userbus_sync_client: SyncBus) -> None:
    events = userbus_sync_client.events("shop", "role.*")
    role = userbus_sync_client.ask(CreateRole(name="Editors"))
    assert next(events).subject == f"role/{role.id}"
    events.close()
    past = userbus_sync_client.replay("first", "role.*")
    assert next(past).data == role
    past.close()
    assert userbus.events[-1].name == "role.created"


@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind != "internal"])
async def test_the_next_request_fails_as_the_test_wants(
    userbus: MemoryUserbus, userbus_client: Bus, kind: Kind
) -> None:
    userbus.fail_next("user.get", kind, code="shop.wanted", message="as wanted", details={"retry_after": 3})
    with pytest.raises(KINDS[kind], match="as wanted") as failed:
        await userbus_client.ask(GetUser(id=1), retry=False)
    assert (failed.value.code, failed.value.details) == ("shop.wanted", {"retry_after": 3})
    with pytest.raises(NotFound):
        await userbus_client.ask(GetUser(id=1))


async def test_a_fault_is_answered_with_its_id(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    userbus.fail_next("user.create", "internal")
    with pytest.raises(Internal) as failed:
        await userbus_client.ask(CreateUser(username="ada"))
    assert len(failed.value.details["fault"]) == 32


async def test_a_refused_command_is_remembered_and_not_carried_out(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    userbus.fail_next("user.create", "conflict", code="shop.wanted")
    for _ in range(2):
        with pytest.raises(Conflict, match=r"shop\.wanted"):
            await userbus_client.ask(CreateUser(username="ada"), message_id="order-7")
    await userbus_client.publish(CreateUser(username="ada"), message_id="order-8")
    assert [event.name for event in userbus.events] == ["user.created"]


async def test_what_nobody_waits_for_tells_its_refusal(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    userbus.fail_next("user.create", "conflict", code="shop.wanted")
    await userbus_client.publish(CreateUser(username="ada"))
    (event,) = userbus.events
    assert (event.name, event.raw["data"]["problem"]["code"]) == ("command.refused", "shop.wanted")


@pytest.mark.parametrize("carried_out", [False, True])
async def test_silence_may_hide_what_was_done(userbus: MemoryUserbus, userbus_client: Bus, carried_out: bool) -> None:
    userbus.silence_next("user.create", carried_out=carried_out)
    with pytest.raises(TimedOut):
        await userbus_client.ask(CreateUser(username="ada"), message_id="order-7", timeout=SHORT)
    assert len(userbus.events) == carried_out
    assert (await userbus_client.ask(CreateUser(username="ada"), message_id="order-7")).username == "ada"
    assert len(userbus.events) == 1


async def test_nobody_is_there_during_an_outage(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    async with userbus_client.events("shop", "user.*") as events:
        with userbus.outage(), pytest.raises(Unavailable):
            await userbus_client.ask(GetUser(id=1), timeout=SHORT)
        ada = await userbus_client.ask(CreateUser(username="ada"))
        assert (await anext(events)).data == ada


async def test_a_repeated_event_has_the_same_id(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    async with await aio_pika.connect(userbus.url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("userbus.events", "user.#")
        await userbus_client.ask(CreateUser(username="ada"))
        userbus.wait_idle()
        userbus.repeat(userbus.events[0])
        ids = [message.message_id for _ in range(2) if (message := await queue.get(fail=False))]
    assert ids == [userbus.events[0].id] * 2


async def test_what_was_sent_is_told(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    await userbus_client.ask(CreateUser(username="ada"), message_id="order-7", actor="user:42")
    (sent,) = userbus.requests
    assert (sent.name, sent.body, sent.message_id) == ("user.create", {"username": "ada"}, "order-7")
    assert (sent.app_id, sent.actor, sent.expects_reply) == ("test", "user:42", True)


async def test_codes_by_sms_are_at_hand(userbus: MemoryUserbus, userbus_client: Bus) -> None:
    assert userbus.find_code("13812345678") is None
    await userbus_client.ask(SendCode(telephone="13812345678"))
    code = userbus.find_code("13812345678")
    assert code is not None
    assert (await userbus_client.ask(VerifyCode(telephone="13812345678", code=SecretStr(code)))).verified


def test_names_and_kinds_that_there_are_not_are_refused(userbus: MemoryUserbus) -> None:
    with pytest.raises(ValueError, match=r"'user\.creat': did you mean user\.create"):
        userbus.fail_next("user.creat", "conflict")
    with pytest.raises(ValueError, match="'gone' is no kind of problem"):
        userbus.fail_next("user.create", "gone")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="no request is called 'nothing'"):
        userbus.silence_next("nothing")
