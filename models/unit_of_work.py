"""The unit of work: one command, one transaction, which starts at the first repository call."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel

from models.realms import Policy
from models.repositories import Repositories
from models.retry_ladder import NoRetryLadder, RetryLadder
from models.secrets.keys import Keys
from models.secrets.passwords import Passwords
from models.secrets.vault import Vault
from models.sms_sends import CodeSender
from models.store.client import Store
from models.store.counters import Counters
from models.store.fresh_entries import FreshLanes
from models.store.group_commit import GroupCommitter
from models.store.journal import TOKEN, CommandContext, Journal, OutboxEvent, TokenFormat, forget_subject
from models.store.late_replies import LateReplies
from models.store.lazy_transaction import LazyTransaction
from models.store.scope import GroupedScope, TransactionScope, provide
from models.store.time_limit import limit_operation
from models.store.totals import TotalRows, add_to_totals
from models.webhook_addresses import AddressRules

IMPORTS = 2  # imports that a process runs at once: each holds tens of megabytes
T = TypeVar("T")
S = TypeVar("S", bound="Subject")
V = TypeVar("V", bound=BaseModel)


class Subject(Protocol):
    """Anything that events can be about."""

    revision: int

    @property
    def subject(self) -> str: ...


@dataclass(frozen=True)
class Dependencies:
    """What all units of a process share; `sms` is None where SMS is off.

    `country` is the calling code of telephone numbers that are written without one, `facts` what may be told of the
    process and its settings.
    """

    store: Store
    counters: Counters
    journal: Journal
    keys: Keys
    passwords: Passwords
    vault: Vault
    sms: CodeSender | None = None
    imports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IMPORTS))
    policy: Policy = field(default_factory=Policy)
    country: str = "86"
    webhook_addresses: AddressRules = field(default_factory=AddressRules)
    tenant_refusals: Counter[tuple[()]] = field(default_factory=lambda: Counter({(): 0}))
    facts: Mapping[str, str] = field(default_factory=dict)
    retry_ladder: RetryLadder = field(default_factory=NoRetryLadder)

    @cached_property
    def committer(self) -> GroupCommitter:
        """Commits the grouped units of this process."""
        return GroupCommitter(self.store, self.total_rows, self.fresh)

    @cached_property
    def fresh(self) -> FreshLanes:
        """What grouped units have committed, in memory for the lanes that this process relays."""
        return FreshLanes()

    @cached_property
    def total_rows(self) -> TotalRows:
        """The rows of the totals to which this process adds."""
        return TotalRows()


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event that a handler emitted; it is sent after the transaction has been committed."""

    name: str
    subject: str
    sequence: int
    view: BaseModel


class UnitOfWork(Repositories):
    """Repositories that share one transaction, and the events that a command emits in it.

    Without a command's context it only reads, outside of any transaction. `results` holds what `run_once` remembers:
    a command that runs again gets the same dictionary. A `grouped` unit reads outside of the transaction and writes at
    commit, together with other commands; it raises `NotGroupable` for what may be wrong that way.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        context: CommandContext | None = None,
        results: dict[Any, Any] | None = None,
        grouped: bool = False,
    ) -> None:
        self._transaction = LazyTransaction(dependencies.store, dependencies.total_rows)
        self._group = GroupedScope(dependencies.store) if grouped else None
        # no method of the unit provides the session: in a circle, its events would wait for the garbage collector
        session = provide(None) if context is None else self._transaction.open
        scope = self._group or TransactionScope(dependencies.store, session)
        super().__init__(dependencies.store, scope, dependencies.keys, dependencies.country)
        self.dependencies = dependencies
        self.counters = dependencies.counters
        self.emitted: list[Emitted] = []
        self._context = context
        self._results = {} if results is None else results
        self._token_format = TOKEN
        self._at_commit: list[Callable[[], Awaitable[None]]] = []

    @property
    def context(self) -> CommandContext:
        """The command that this unit runs. Raises `RuntimeError` in a query."""
        if self._context is None:
            raise RuntimeError("a query has no context: only commands are journalled")
        return self._context

    @cached_property
    def read_only(self) -> "UnitOfWork":
        """A unit that reads outside the transaction: for slow work, which comes before the transaction starts."""
        return UnitOfWork(self.dependencies)

    async def run_once(self, key: Any, work: Callable[[], Awaitable[T]]) -> T:
        """Return the result of slow work, which is not done again when the command runs again after a conflict."""
        if key not in self._results:
            self._results[key] = await work()
        result: T = self._results[key]
        return result

    async def enter(self, limit: AbstractAsyncContextManager[Any]) -> None:
        """Enter a limit, which the unit leaves when it ends, after its commit."""
        await self._transaction.exits.enter_async_context(limit)

    def write_at_commit(self, write: Callable[[], Awaitable[None]]) -> None:
        """Have it written at commit, so that a large command's transaction is open for its writes alone."""
        self._at_commit.append(write)

    def emit(self, name: str, subject: S, view: Callable[[S], V]) -> V:
        """Emit an event and raise the subject's revision, which is the event's sequence. Call it before saving.

        Returns the view that the event shows, which a reply may show as well while the subject stays as it is.
        """
        subject.revision += 1
        shown = view(subject)
        self.emitted.append(Emitted(name, subject.subject, subject.revision, shown))
        return shown

    def mint(self, token_format: TokenFormat = TOKEN) -> str:
        """Return the command's token, the same whenever the command runs again; the journal never stores it.

        A command has one token: call it with one format only.
        """
        self._token_format = token_format
        return self.dependencies.journal.derive_token(self.context, token_format)

    def set_actor(self, user_id: int) -> None:
        """Name the user on whose behalf the command is carried out, unless its sender has."""
        self.add_subject(f"user/{user_id}")
        if self._context is not None and self._context.actor is None:
            self._context = replace(self._context, actor=f"user:{user_id}")

    def add_subject(self, subject: str) -> None:
        """Have the journal entry found by this subject, besides those of its events: its erasure clears the entry."""
        if self._context is not None and all(event.subject != subject for event in self.emitted):
            self._context = replace(self._context, subjects=self._context.subjects | {subject})

    def record_lock(self, until: datetime) -> None:
        """Have the journal entry tell that the command has locked an identifier."""
        if self._context is not None:
            self._context = replace(self._context, locked_until=until)

    async def forget(self, subject: Subject) -> None:
        """Clear the journal's entries about a user that is being erased, now and when none can be added any more."""
        store, session = self.dependencies.store, await self.scope.session()
        await forget_subject(store, subject.subject, session)
        await LateReplies(store).schedule(subject.subject, session)

    async def commit(self, reply: str, events: list[OutboxEvent], outcome: str = "done") -> None:
        """Write the journal entry and commit the transaction; `outcome` is `done` or the code of the problem.

        Raises `GroupAborted` in a grouped unit.
        """
        context = self.context if outcome == "done" else replace(self.context, outcome=outcome)
        journal = self.dependencies.journal
        for write in self._at_commit:
            await write()
        if self._group is not None:
            entries = journal.make_entries(context, reply, events, self._token_format)
            return await self.dependencies.committer.commit(self._group.writes, self.scope.totals, entries)
        session = await self.scope.session()
        with limit_operation():
            await add_to_totals(self.dependencies.store, self._transaction.totals_row, self.scope.totals, session)
            await journal.write(context, reply, events, session, self._token_format)
            await session.commit_transaction()
        if events:
            self.dependencies.fresh.record({event.subject for event in events})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._at_commit.clear()  # they may name the unit: in a circle, its events would wait for the garbage collector
        await self._transaction.close(kind, error, trace)
