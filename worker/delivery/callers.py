"""Who sent a request, and whether the list of services lets them."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from access.service_grants import PROGRAMS, ServiceIdentity, ServiceInvalid
from access.service_list import read_services
from contracts.problem import Problem
from worker.delivery.direct_replies import DIRECT
from worker.delivery.envelope import Envelope

CHECK_SECONDS = 2.0
# Names that nobody can guess: of RabbitMQ's, for direct reply-to, and of aio-pika's where it reopens connections.
_UNGUESSABLE = re.compile(rf"{re.escape(DIRECT)}|amq\.gen-|amq_[0-9a-f]{{32}}$")
log = structlog.get_logger()


class Callers:
    """The callers that are listed in a file, by their RabbitMQ users; they are checked if `is_required`.

    RabbitMQ lets nobody but impersonators set the `user_id` of another user.
    """

    def __init__(self, file: Path, is_required: bool) -> None:
        self._file = file
        self._is_required = is_required
        self._services: Mapping[str, ServiceIdentity] = {}
        self._requests: dict[str, frozenset[str]] = {}
        self._mark: object = None
        self._load()

    def has_plain_consumers(self) -> bool:
        """Return whether a service is given events without personal data."""
        return any(service.plain for service in self._services.values())

    def clear_untrusted(self, envelope: Envelope) -> Envelope:
        """Return the envelope without what its caller is not believed.

        That is the actor, the client's address, app_id, and the reply address of others.
        """
        if not self._is_required:
            return envelope
        caller, address = envelope.caller or "", envelope.reply_to
        if address and not _is_own_address(caller, address):
            log.warning("reply refused", reply_to=address, reason="it is not the caller's", caller=caller)
            address = None
        believed: dict[str, Any] = {"reply_to": address}
        if (service := self._services.get(caller)) is None or not service.trusted:
            believed |= {"actor": None, "client_address": None, "app_id": envelope.caller}
        changed = {name: value for name, value in believed.items() if value != getattr(envelope, name)}
        return replace(envelope, **changed) if changed else envelope  # as a rule: a copy takes longer than all the rest

    def problem(self, envelope: Envelope, *also: str) -> Problem | None:
        """Return why the caller may not send this request, of which `also` are further names that it takes."""
        if not self._is_required:
            return None
        granted = self._requests.get(envelope.caller or "")
        if granted is None:
            return self._refuse(envelope, _unlisted_text(envelope.caller))
        needed = also if envelope.entry is None else (envelope.name, *also)
        missing = [name for name in needed if name not in granted]
        if not missing:
            return None
        return self._refuse(envelope, f"{envelope.caller} may not send {', '.join(missing)}")

    async def watch(self) -> None:
        """Read the list again whenever its file has changed; a wrong one is logged, and the last good one stays."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)  # a mounted file does not announce that it changes
            self._reload()

    def _reload(self) -> None:
        if _mark(self._file) == self._mark:
            return
        try:
            self._load()
        except (ServiceInvalid, OSError) as error:
            log.error("list of services not read", reason=str(error))
        else:
            log.info("list of services read", services=sorted(self._services.keys() - PROGRAMS.keys()))

    def _load(self) -> None:
        self._mark = _mark(self._file)
        self._services = PROGRAMS | read_services(self._file)
        self._requests = {name: service.requests for name, service in self._services.items()}

    def _refuse(self, envelope: Envelope, text: str) -> Problem:
        log.warning("caller refused", caller=envelope.caller, name=envelope.name, message_id=envelope.message_id)
        return Problem(kind="denied", code="caller.forbidden", message=f"{text}: see `userbus service`")


def _is_own_address(caller: str, address: str) -> bool:
    return _UNGUESSABLE.match(address) is not None or (bool(caller) and address.startswith(f"{caller}."))


def _unlisted_text(caller: str | None) -> str:
    if caller is None:
        return "the message has no user_id: set it to the name of your RabbitMQ user"
    return f"{caller} is not in the list of services"


def _mark(file: Path) -> object:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
