"""Of an erased user nothing is left that tells who it was: in no collection, no queue, no reply, no later event."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from bson.json_util import dumps

from contracts.auth import UnlockUser
from contracts.catalog import DEAD, FAMILIES
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from handlers.auth import unlock_user
from models.store.document import now
from models.store.journal import CommandContext
from models.store.late_replies import LateReplies
from models.unit_of_work import UnitOfWork
from tests.support.client import Client, Events
from tests.support.dead_letters import read_queue
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from tests.support.sweeps import sweep_once
from tests.support.usermgmt import last_code
from tests.support.visitors import telephone
from worker.bus.topology import consumed_queues

ADDRESS = "203.0.113.77"
VISITOR = {"x-client-address": ADDRESS}
FIRST, SECOND = "correct horse 1", "correct horse 2"


class Person:
    """Everything that tells who somebody is, in texts that nobody else has."""

    def __init__(self) -> None:
        mark = f"Müller{uuid4().hex}"
        self.telephone, self.created_by = telephone(), uuid4().hex
        self.fields = {each: f"{each}-{mark}" for each in ("username", "name", "position", "company", "gender")}
        self.fields |= {"email": f"{uuid4().hex}@example.com", "telephone": self.telephone, "mobile": telephone()}
        self.account = f"account-{mark}"
        self.texts = [*self.fields.values(), self.account, ADDRESS]

    def traces(self, text: str) -> list[str]:
        """Which of the texts another text holds, in any letter case."""
        return [each for each in self.texts if each.casefold() in text.casefold()]


async def live(person: Person, client: Client, stack: Stack) -> int:
    """Be created, changed, signed in and out, mistyped, sent a code; return the user's id."""
    integration = (await client.done("integration.create", {"name": f"i{uuid4().hex}"}))["name"]
    body = {**person.fields, "password": FIRST}
    id: int = (await client.done("user.create", body, message_id=person.created_by))["id"]
    await client.done("user.update", {"id": id, "name": person.fields["name"]})  # changes nothing, and answers it all
    actions = [{"action": "create", "integration": integration, "account": person.account}]
    await client.done("account.apply", {"user_id": id, "actions": actions})
    login = {"login": person.fields["email"], "realm": "starcedu_local"}
    await client.refused("auth.sign_in", {**login, "password": "wrong"}, headers=VISITOR)
    token = (await client.done("auth.sign_in", {**login, "password": FIRST}, headers=VISITOR))["token"]
    passwords = {"old_password": FIRST, "new_password": SECOND}
    await client.done("auth.change_password", {"token": token, **passwords}, headers=VISITOR)
    await client.done("sms.send_code", {"telephone": person.telephone, "client_address": ADDRESS})
    reset = {"telephone": person.telephone, "code": last_code(stack, person.telephone), "new_password": FIRST}
    await client.done("auth.reset_password", reset, headers=VISITOR)
    await client.done("auth.sign_in", {**login, "password": FIRST}, headers=VISITOR)
    await client.done("user.set_status", {"id": id, "status": -1})
    await client.done("user.set_status", {"id": id, "status": 1})
    return id


async def stored_text(stack: Stack) -> str:
    """All documents of the database as text, once all events have been sent."""
    database = stack.worker.dependencies.store.database
    async with asyncio.timeout(PATIENCE):
        while await database["journal"].count_documents({"pending": 1}):
            await asyncio.sleep(0.05)
    names = await database.list_collection_names()
    assert len(names) > 10
    return "\n".join([dumps(row, ensure_ascii=False) for name in names async for row in database[name].find()])


async def waiting_text(stack: Stack) -> str:
    """All that waits in the queues of userbus, but for the log of events."""
    queues = [*consumed_queues(FAMILIES), DEAD, *map(retry_queue, RETRY_STEPS)]
    messages = [message for name in queues for message in await read_queue(stack.amqp_url, name)]
    return "\n".join(f"{message.body!r} {message.info()}" for message in messages)


async def events_until_erased(events: Events, id: int) -> list[dict[str, Any]]:
    """All events up to that of the erasure."""
    found = [await events.next()]
    while (found[-1]["type"], found[-1]["subject"]) != ("userbus.user.erased.v1", f"user/{id}"):
        found.append(await events.next())
    return found


async def test_nothing_is_left_of_an_erased_user(client: Client, stack: Stack) -> None:
    person = Person()
    id = await live(person, client, stack)
    assert set(person.traces(await stored_text(stack))) == set(person.texts)  # the search finds what is there
    events = await client.events("#")
    erased = await client.call("user.delete", {"id": id}, message_id=f"erase-{id}")
    told = [erased, await client.call("user.delete", {"id": id}, message_id=f"erase-{id}")]
    told += await events_until_erased(events, id)
    body = {**person.fields, "password": FIRST}
    told.append(await client.call("user.create", body, message_id=person.created_by))
    assert told[-1]["problem"]["code"] == "message.id_reused"
    assert person.traces(json.dumps(told, ensure_ascii=False)) == []
    assert person.traces(await stored_text(stack)) == []
    assert person.traces(await waiting_text(stack)) == []


async def test_the_audit_trail_still_tells_what_was_done(client: Client, stack: Stack) -> None:
    user = await client.done("user.create", {"username": f"user_{uuid4().hex}"}, headers={"x-actor": "token:7"})
    await client.done("user.delete", {"id": user["id"]})
    rows = stack.worker.dependencies.store.collection("journal")
    entries = [row async for row in rows.find({"subjects": f"user/{user['id']}"})]
    assert sorted((entry["name"], entry["actor"]) for entry in entries) == [
        ("user.create", "token:7"),
        ("user.delete", None),
    ]


async def test_the_reply_of_a_command_in_flight_is_cleared_later(client: Client, stack: Stack) -> None:
    person, key, shared = Person(), uuid4().hex, stack.worker.dependencies
    id = await live(person, client, stack)
    command = UnlockUser(id=id)  # reads the user and does not write it
    async with UnitOfWork(shared, CommandContext("auth.unlock", key, "digest")) as unit:
        view = await unlock_user(command, UnitOfWork(shared))
        await client.done("user.delete", {"id": id})
        unit.add_subject(f"user/{id}")
        await unit.commit(view.model_dump_json(), [])
    assert person.traces(await stored_text(stack))
    erased = shared.store.collection("erased")
    await erased.update_one({"_id": f"user/{id}"}, {"$set": {"forget_at": now()}})
    async with asyncio.timeout(PATIENCE):
        while await erased.count_documents({"_id": f"user/{id}", "forget_at": {"$exists": True}}):
            await sweep_once(LateReplies(shared.store))
    assert person.traces(await stored_text(stack)) == []


async def test_what_is_told_of_a_new_user_with_the_same_id_stays(client: Client, stack: Stack) -> None:
    id, key = 1_000_000 + uuid4().int % 1_000_000, uuid4().hex
    await client.done("user.create", {"id": id, "username": f"user_{uuid4().hex}"})
    await client.done("user.delete", {"id": id})
    body = {"id": id, "username": f"user_{uuid4().hex}"}
    user = await client.done("user.create", body, message_id=key)
    erased = stack.worker.dependencies.store.collection("erased")
    await erased.update_one({"_id": f"user/{id}"}, {"$set": {"forget_at": now()}})
    async with asyncio.timeout(PATIENCE):
        while await erased.count_documents({"_id": f"user/{id}", "forget_at": {"$exists": True}}):
            await sweep_once(LateReplies(stack.worker.dependencies.store))
    assert await client.done("user.create", body, message_id=key) == user
