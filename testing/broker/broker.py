"""Exchanges, queues and bindings, and the way of a message through them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4
from zlib import crc32

from client.sources import is_any_match
from contracts.topology.parts import DeclaredBinding, Topology
from testing.broker.message import BrokerMessage
from testing.broker.queues import Arguments, MemoryQueue, MemoryStream

Queue = MemoryQueue | MemoryStream


HASH = "x-consistent-hash"
KINDS = ("topic", "fanout", "direct", "headers", HASH)


class QueueDiffers(Exception):
    """A queue of this name exists with other arguments."""


class Broker:
    """Routes messages. Not for several threads: all calls belong to one event loop."""

    def __init__(self, topology: Topology) -> None:
        self.queues: dict[str, Queue] = {}
        self._kinds: dict[str, str] = {each.name: each.kind for each in topology.exchanges}
        self._alternates = {each.name: each.arguments.get("alternate-exchange") for each in topology.exchanges}
        self._hash_headers: dict[str, str] = {}
        self._forwards: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        self._bindings: dict[str, list[tuple[str, Arguments, str]]] = defaultdict(list)
        for declared in topology.queues:
            self.declare_queue(declared.name, declared.arguments)
            for binding in declared.bindings:
                self._bind(declared.name, binding)

    def has_exchange(self, name: str) -> bool:
        """Whether there is such an exchange."""
        return not name or name in self._kinds

    def declare_exchange(self, name: str, kind: str, arguments: Arguments) -> None:
        """Make an exchange unless there is one. Raises ValueError for another kind."""
        if kind not in KINDS or self._kinds.setdefault(name, kind) != kind:
            raise ValueError(f"exchange '{name}' cannot be of the kind '{kind}'")
        self._hash_headers[name] = arguments.get("hash-header", "")

    def declare_queue(self, name: str, arguments: Arguments) -> Queue:
        """Return the queue of this name, made if there is none. Raises `QueueDiffers`."""
        name = name or f"amq.gen-{uuid4().hex}"
        if name not in self.queues:
            is_stream = arguments.get("x-queue-type") == "stream"
            self.queues[name] = MemoryStream(name, arguments) if is_stream else self._make_queue(name, arguments)
        if dict(self.queues[name].arguments) != dict(arguments):
            raise QueueDiffers(f"queue '{name}' has the arguments {dict(self.queues[name].arguments)}")
        return self.queues[name]

    def bind(self, queue: str, exchange: str, key: str, arguments: Arguments) -> None:
        """Have an exchange's messages with this key sent to a queue too."""
        self._bind(queue, DeclaredBinding(exchange, key, arguments))

    def bind_exchange(self, destination: str, source: str, key: str) -> None:
        """Have a topic exchange's messages with this key sent to another exchange too."""
        self._forwards[source][key, destination] = None

    def unbind(self, queue: str, exchange: str, key: str) -> None:
        """Remove a binding."""
        self._bindings[exchange] = [each for each in self._bindings[exchange] if (each[0], each[2]) != (key, queue)]

    def delete_queue(self, name: str) -> int:
        """Delete a queue and its bindings, and tell its consumers; return how many messages it had."""
        queue = self.queues.pop(name, None)
        for exchange, bound in self._bindings.items():
            self._bindings[exchange] = [each for each in bound if each[2] != name]
        for receiver in [*queue.receivers] if queue else ():
            receiver.cancel()
        return queue.length if queue else 0

    def publish(self, message: BrokerMessage) -> bool:
        """Put a message into the queues that want it; return whether there is one."""
        names = self._route(message)
        for name in names:
            self.queues[name].push(message)
        return bool(names)

    def _route(self, message: BrokerMessage) -> list[str]:
        if not message.exchange:
            return [message.key] if message.key in self.queues else []
        headers = message.properties.headers or {}
        bound = self._bindings[message.exchange]
        if self._kinds[message.exchange] == HASH:
            text = str(headers.get(self._hash_headers[message.exchange]))
            return [bound[crc32(text.encode()) % len(bound)][2]] if bound else []
        found = [name for key, arguments, name in bound if self._is_bound(message, key, arguments, headers)]
        for key, destination in self._forwards[message.exchange]:
            if is_any_match([key], message.key):
                found += self._route(replace(message, exchange=destination))
        alternate = self._alternates.get(message.exchange)
        if found or not alternate:
            return [*dict.fromkeys(found)]
        return [name for _, _, name in self._bindings[alternate]]

    def _is_bound(self, message: BrokerMessage, key: str, arguments: Arguments, headers: Mapping[str, Any]) -> bool:
        kind = self._kinds[message.exchange]
        if kind == "topic":
            return is_any_match([key], message.key)
        if kind == "direct":
            return key == message.key
        wanted = {name: value for name, value in arguments.items() if not name.startswith("x-")}
        return kind == "fanout" or all(headers.get(name) == value for name, value in wanted.items())

    def _bind(self, queue: str, binding: DeclaredBinding) -> None:
        bound = (binding.key, binding.arguments, queue)
        if bound not in self._bindings[binding.exchange]:
            self._bindings[binding.exchange].append(bound)

    def _make_queue(self, name: str, arguments: Arguments) -> MemoryQueue:
        exchange, key = arguments.get("x-dead-letter-exchange"), arguments.get("x-dead-letter-routing-key")

        def give_up(message: BrokerMessage) -> None:
            if exchange is not None:
                self.publish(BrokerMessage(exchange, key or message.key, message.properties, message.body))

        return MemoryQueue(name, arguments, give_up)
