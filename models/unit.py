"""The unit of work: one command, one transaction, opened at the first repository call."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel

from models.accounts import Accounts
from models.apps import Apps
from models.codes import Codes
from models.counters import Counters
from models.defaults import Defaults
from models.erasure import Erasure
from models.groups import Groups
from models.imports import Imports
from models.integrations import Integrations
from models.journal import TOKEN, Caller, Form, Journal, Outgoing
from models.keys import Keys
from models.lockouts import Lockouts
from models.passwords import Passwords
from models.realms import Policy
from models.recipients import Recipients
from models.resource_types import ResourceTypes
from models.resources import Resources
from models.roles import Roles
from models.sessions import Sessions
from models.store import Store
from models.tenants import Tenants
from models.tokens import Tokens
from models.users import Users
from models.vault import Vault

IMPORTS = 2  # how many a process works on at once: each holds tens of megabytes
T = TypeVar("T")
S = TypeVar("S", bound="Subject")


class Subject(Protocol):
    """Whatever events can be about."""

    revision: int

    @property
    def subject(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What all units of a process share."""

    store: Store
    counters: Counters
    journal: Journal
    keys: Keys
    passwords: Passwords
    vault: Vault
    sms_enabled: bool = False
    imports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IMPORTS))
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event that a handler told of; it leaves when the transaction is committed."""

    name: str
    subject: str
    sequence: int
    view: BaseModel


class Unit:
    """Repositories that share one transaction, and the events it causes. Without a caller: reads only.

    `kept` is what `once` remembers; all units of one command share it.
    """

    def __init__(self, shared: Shared, caller: Caller | None = None, kept: dict[Any, Any] | None = None) -> None:
        self.shared = shared
        self.keys = shared.keys
        self.passwords = shared.passwords
        self.vault = shared.vault
        self.counters = shared.counters
        self.emitted: list[Emitted] = []
        self._caller = caller
        self._kept = {} if kept is None else kept
        self._form = TOKEN
        self._session: Any = None
        self._exits = AsyncExitStack()

    @cached_property
    def users(self) -> Users:
        """Users with their accounts and links."""
        return Users(self.shared.store, self.session)

    @cached_property
    def accounts(self) -> Accounts:
        """Accounts across all users."""
        return Accounts(self.shared.store, self.session)

    @cached_property
    def imports(self) -> Imports:
        """Many users at once."""
        return Imports(self.shared.store, self.session)

    @cached_property
    def recipients(self) -> Recipients:
        """Whom a notification reaches; read outside the transaction."""
        return Recipients(self.shared.store)

    @cached_property
    def integrations(self) -> Integrations:
        """Places where users can be notified."""
        return Integrations(self.shared.store, self.session)

    @cached_property
    def apps(self) -> Apps:
        """Apps."""
        return Apps(self.shared.store, self.session)

    @cached_property
    def groups(self) -> Groups:
        """Groups with the roles that they give."""
        return Groups(self.shared.store, self.session)

    @cached_property
    def roles(self) -> Roles:
        """Roles with the resources that they give access to."""
        return Roles(self.shared.store, self.session)

    @cached_property
    def resources(self) -> Resources:
        """Resources."""
        return Resources(self.shared.store, self.session)

    @cached_property
    def resource_types(self) -> ResourceTypes:
        """Resource types."""
        return ResourceTypes(self.shared.store, self.session)

    @cached_property
    def erasure(self) -> Erasure:
        """Deleting rows with the links to them."""
        return Erasure(self.shared.store, self.session)

    @cached_property
    def tokens(self) -> Tokens:
        """Service tokens."""
        return Tokens(self.shared.store, self.session)

    @cached_property
    def codes(self) -> Codes:
        """SMS codes."""
        return Codes(self.shared.store, self.session, self.shared.keys)

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions of all realms."""
        return Sessions(self.shared.store, self.session)

    @cached_property
    def lockouts(self) -> Lockouts:
        """Failed sign-ins."""
        return Lockouts(self.shared.store, self.session, self.shared.keys)

    @cached_property
    def tenants(self) -> Tenants:
        """Client applications."""
        return Tenants(self.shared.store, self.session, self.shared.keys)

    @cached_property
    def defaults(self) -> Defaults:
        """What newcomers get."""
        return Defaults(self.shared.store, self.session)

    @cached_property
    def outside(self) -> "Unit":
        """A unit that reads without opening the transaction: for what slow work needs to know beforehand."""
        return Unit(self.shared)

    async def once(self, key: Any, work: Callable[[], Awaitable[T]]) -> T:
        """The outcome of slow work, done once though the command may run again after a write conflict."""
        if key not in self._kept:
            self._kept[key] = await work()
        outcome: T = self._kept[key]
        return outcome

    @property
    def caller(self) -> Caller:
        """Who sent the command."""
        if self._caller is None:
            raise RuntimeError("a query has no caller: only commands are journalled")
        return self._caller

    def emit(self, name: str, subject: S, view: Callable[[S], BaseModel]) -> None:
        """Tell of a change: the subject's revision moves by one, which is the event's sequence. Call before saving."""
        subject.revision += 1
        self.emitted.append(Emitted(name, subject.subject, subject.revision, view(subject)))

    async def session(self) -> Any:
        """The transaction's session, begun at the first call; None in a query."""
        if self._session is None and self._caller is not None:
            self._session = await self._exits.enter_async_context(self.shared.store.session())
        return self._session

    def mint(self, form: Form = TOKEN) -> str:
        """A new token text, the same again when the same command is run again; the journal never sees it. One only."""
        self._form = form
        return self.shared.journal.minted(self.caller, form)

    async def commit(self, reply: str, events: list[Outgoing]) -> None:
        """Write the journal entry and make all of it lasting, in one step."""
        session = await self.session()
        await self.shared.journal.write(self.caller, reply, events, session, self._form)
        await session.commit_transaction()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)
