"""Making a queue anew in another form, under the same name, while it is used."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from cli.management import Management
from cli.topology.plan import moving_name
from cli.topology.pump import Pipe, count_ready, pump
from contracts.catalog import DEAD_UNDELIVERABLE
from contracts.topology.parts import Arguments, DeclaredBinding, DeclaredQueue

STATISTICS_SECONDS = 6.0  # RabbitMQ's figures are five seconds old
LOCK = "userbus.topology.lock"
Say = Callable[[str], None]


class NotMovable(Exception):
    """A queue cannot be made anew now; the text says what to do first."""


@dataclass(frozen=True)
class Mover:
    """Moves queues, one after the other; whoever holds the connection is the only one who does.

    While a queue is made anew, its messages go to another one, `<name>.moving`, which nobody consumes. Each moment of
    it can be interrupted: what is there tells where to go on. A message that arrives while bindings change may be
    delivered twice.
    """

    connection: AbstractConnection
    management: Management
    say: Say

    async def remake(self, queue: DeclaredQueue, found: tuple[DeclaredBinding, ...]) -> None:
        """Give a queue the declared form. `found` are its bindings. Raises `NotMovable`, `ManagementFailed`."""
        aside = moving_name(queue)
        await self._set_aside(queue, aside, found)
        await self._declare(queue.name, dict(queue.arguments))
        await self._rebind(_new_bindings(queue, found), aside, queue.name)
        moved = await pump(self.connection, Pipe(aside, f"{queue.name}.refill", queue.name), self.say)
        if not await self._delete_empty(aside):
            raise NotMovable(f"messages came straight to {aside}: stop who publishes them")
        for exchange in (f"{queue.name}.refill", aside):
            # mypy cannot infer the type of a lambda with a default, which binds this turn's exchange
            await self._run(lambda channel, name=exchange: channel.exchange_delete(name))  # type: ignore[misc]
        self.say(f"{queue.name}: made anew, {moved} messages came back")

    async def _set_aside(self, queue: DeclaredQueue, aside: str, found: tuple[DeclaredBinding, ...]) -> None:
        """Empty and delete a queue that is in another form; it is gone already where a move was interrupted."""
        if await self._is_as_declared(queue):
            return None
        await self._refuse_undeliverable(queue.name)
        if not await self._is_there(aside):
            await self._declare(aside, _arguments_without_limit(queue.arguments))
        await self._unbind(queue.name, [binding for binding in found if not queue.may_have(binding)])
        moved = 0
        while True:
            await self._rebind(
                _new_bindings(queue, found), queue.name, aside
            )  # again: a worker that starts binds it as well
            moved += await pump(self.connection, Pipe(queue.name, aside, aside), self.say)
            await asyncio.sleep(STATISTICS_SECONDS)
            waiting = await self._count_waiting(queue.name)
            if not waiting and await self._delete_empty(queue.name):
                return self.say(f"{queue.name}: {moved} messages set aside, deleted")
            self.say(f"{queue.name}: {waiting} messages are still there or in the hands of workers")

    async def _is_as_declared(self, queue: DeclaredQueue) -> bool:
        """Whether it is in the declared form, or gone while its messages are set aside."""
        if not await self._is_there(queue.name):
            return True
        try:
            await self._declare(queue.name, dict(queue.arguments))
        except ChannelPreconditionFailed:
            return False
        return True

    async def _refuse_undeliverable(self, name: str) -> None:
        async with self.connection.channel() as outer:
            if name == DEAD_UNDELIVERABLE and await count_ready(await outer.get_underlay_channel(), name):
                raise NotMovable(
                    f"{name} holds what the broker cannot deliver to anybody: "
                    "`userbus dead drop-undeliverable` first, then apply again"
                )

    async def _count_waiting(self, name: str) -> int:
        # what a worker has in flight is in no count that AMQP tells
        row = await asyncio.to_thread(self.management.show_queue, name)
        return int(row.get("messages", 1))

    async def _rebind(self, bindings: Iterable[DeclaredBinding], old: str, new: str) -> None:
        """Bind the new queue, then unbind the old one, a binding at a time, so that no message goes to neither."""
        for binding in bindings:
            async with self.connection.channel() as outer:
                channel, arguments = await outer.get_underlay_channel(), dict(binding.arguments)
                await channel.queue_bind(new, binding.exchange, binding.key, arguments=arguments)
                await channel.queue_unbind(old, binding.exchange, binding.key, arguments=arguments)

    async def _unbind(self, queue: str, bindings: Iterable[DeclaredBinding]) -> None:
        for each in bindings:
            async with self.connection.channel() as outer:
                channel = await outer.get_underlay_channel()
                await channel.queue_unbind(queue, each.exchange, each.key, arguments=dict(each.arguments))

    async def _is_there(self, name: str) -> bool:
        try:
            await self._run(lambda channel: channel.queue_declare(name, passive=True))
        except ChannelNotFoundEntity:
            return False
        return True

    async def _declare(self, name: str, arguments: Any) -> None:
        await self._run(lambda channel: channel.queue_declare(name, durable=True, arguments=arguments))

    async def _run(self, work: Callable[[Any], Awaitable[object]]) -> None:
        """Do one thing on a channel of its own, which the broker closes where it refuses."""
        async with self.connection.channel() as outer:
            await work(await outer.get_underlay_channel())

    async def _delete_empty(self, name: str) -> bool:
        """Delete a queue to which nothing is bound any more, unless something waits there; whether it was deleted."""
        async with self.connection.channel() as outer:
            channel = await outer.get_underlay_channel()
            if await count_ready(channel, name):  # quorum queues know no `if-empty`
                return False
            await channel.queue_delete(name)
            return True


def _arguments_without_limit(arguments: Arguments) -> dict[str, Any]:
    """The arguments of a queue that takes all that another one holds, which may be more than it may hold in future."""
    return {name: value for name, value in arguments.items() if name != "x-max-length"}


def _new_bindings(queue: DeclaredQueue, found: Iterable[DeclaredBinding]) -> list[DeclaredBinding]:
    """The bindings of a queue in its new form: those declared, and those that workers have added."""
    added = [binding for binding in found if queue.may_have(binding) and binding not in queue.bindings]
    return [*queue.bindings, *added]
