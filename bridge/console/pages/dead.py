"""Dead letters, grouped by cause: look, change, redrive, drop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from bridge.console.dead_search import DeadConditions, make_choices
from bridge.console.errors import render_refusal
from bridge.console.page import ConsolePage, PageRequest, act, read_number, show
from dead_letters.advice import advise
from dead_letters.dead_letter import Selection
from dead_letters.desk import DeadLettersUnavailable, Desk, WholeLetter
from dead_letters.edit import Edit, NotRedriven
from dead_letters.groups import group_by_cause
from dead_letters.job import NOT_THERE, Job, Result
from dead_letters.queue import QueueFull

SHOWN = 100
AT_ONCE = 200  # a part of what an operator has chosen, after which the page tells how far it is
SHOWN_IDS = 5  # of a run
LOG = timedelta(days=30)
TRIES, PAUSE = 3, 1.0  # seconds
DONE = {"redrive": "redriven", "drop": "dropped"}
GONE = (
    "Somebody else has redriven or dropped it meanwhile, or is at it just now. Nothing was changed: look at the list."
)
NO_ACCESS = (
    "Is the broker up? May the user of USERBUS_CONSOLE_BROKER_AMQP_URL read userbus.dead? The worker's user may."
)


def page(amqp_url: str, keep_callers: bool) -> ConsolePage:
    """The page, for the dead letters of the broker at `amqp_url`."""
    pages = DeadPages(Desk(amqp_url, keep_callers))
    return ConsolePage(
        "Dead letters",
        (
            show("/dead", pages.list_causes),
            show("/dead/letters", pages.list_letters),
            show("/dead/letter", pages.show_letter),
            show("/dead/log", pages.show_log),
            act("/dead/redrive", pages.redrive),
            act("/dead/drop", pages.drop),
            act("/dead/edit", pages.edit),
        ),
    )


@dataclass(frozen=True)
class DeadPages:
    """Answers of the routes."""

    desk: Desk

    async def list_causes(self, request: PageRequest) -> Response:
        """Show how many there are of each cause, of those that are searched for."""
        conditions = DeadConditions.read(request.http.query_params)
        try:
            found = await self.desk.find(Selection())
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        meant = conditions.selection()
        groups = group_by_cause(letter for letter in found if meant.matches(letter))
        return request.render(
            "dead.html",
            groups=groups,
            total=sum(group.letters for group in groups),
            all=len(found),
            choices=make_choices(found),
            given=conditions.values(),
        )

    async def list_letters(self, request: PageRequest) -> Response:
        """Show those of one cause, or all that are searched for: what a redrive or drop from here would take."""
        conditions = DeadConditions.read(request.http.query_params)
        try:
            everything = await self.desk.find(Selection())
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        meant = conditions.selection()
        found = [letter for letter in everything if meant.matches(letter)]
        return request.render(
            "dead_letters.html",
            found=found[:SHOWN],
            total=len(found),
            sendable=sum(not letter.redacted for letter in found),
            advice=advise(conditions.reason),
            choices=make_choices(everything),
            given=conditions.values(),
        )

    async def show_log(self, request: PageRequest) -> Response:
        """Show who has redriven, changed and dropped what."""
        try:
            runs = await self.desk.read_log(datetime.now(UTC) - LOG)
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        return request.render("dead_log.html", runs=runs[:SHOWN], total=len(runs), days=LOG.days, shown_ids=SHOWN_IDS)

    async def show_letter(self, request: PageRequest) -> Response:
        """Show one with its whole cause."""
        try:
            whole = await self.desk.show(request.http.query_params.get("id", ""))
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        if whole is None:
            return render_refusal(request, 404, "There is no such dead letter.", advice=GONE)
        return _render_letter(request, whole)

    async def redrive(self, request: PageRequest) -> Response:
        """Send one, or those of a cause, to the workers again."""
        return await self._carry_out(request, "redrive")

    async def drop(self, request: PageRequest) -> Response:
        """Remove one, or those of a cause, for good."""
        return await self._carry_out(request, "drop")

    async def _carry_out(self, request: PageRequest, verb: str) -> Response:
        conditions = DeadConditions.read(request.form)
        selection = conditions.selection()
        if selection == Selection(whole=True):
            return render_refusal(request, 400, "No dead letters were named.", advice="Choose them on the page.")
        before = _count(request.form, "before", 0)
        try:
            result = await self._take_part(Job(verb, selection, _name(request), AT_ONCE), before)
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        except QueueFull as error:
            return _refuse_full(request, error)
        gone = result.skipped.pop(NOT_THERE, [])
        if gone or not (result.done or result.skipped or before):
            return render_refusal(request, 409, "There is no such dead letter any more.", advice=GONE)
        done, due = before + result.done, _count(request.form, "due", result.done)
        return request.render(
            "dead_done.html",
            done=done,
            due=due,
            skipped=result.skipped,
            words=DONE[verb],
            sent=request.form.get("id", "") if verb == "redrive" and result.done else "",
            more={**conditions.values(), "due": due, "before": done} if result.done and done < due else None,
            path=f"/console/dead/{verb}",
        )

    async def _take_part(self, job: Job, before: int) -> Result:
        """Carry out a job; what the part before it has held comes back to the queue a moment later."""
        result = await self.desk.carry_out(job)
        for _ in range(TRIES if before else 0):
            if result.done:
                break
            await asyncio.sleep(PAUSE)
            result = await self.desk.carry_out(job)
        return result

    async def edit(self, request: PageRequest) -> Response:
        """Send one with another body."""
        try:
            whole = await self.desk.show(request.form.get("id", ""))
            if whole is None:
                return render_refusal(request, 409, "There is no such dead letter any more.", advice=GONE)
            return await self._edit(request, whole)
        except DeadLettersUnavailable as error:
            return _refuse_access(request, error)
        except QueueFull as error:
            return _refuse_full(request, error)

    async def _edit(self, request: PageRequest, whole: WholeLetter) -> Response:
        body, why = request.form.get("body", ""), request.form.get("why", "").strip()
        selection = Selection(frozenset([whole.letter.id]), whole=True)
        try:
            if not why:
                raise NotRedriven("say why it is changed, for the log; nothing was sent")
            await self.desk.redrive_edited(Edit(selection, why, _name(request)), body)
        except NotRedriven as error:
            return _render_letter(request, whole, 400, body=body, why=why, fault=f"{error}.")
        words = "redriven with another body"
        return request.render("dead_done.html", done=1, due=1, skipped={}, words=words, sent=whole.letter.id, more=None)


def _render_letter(request: PageRequest, whole: WholeLetter, status: int = 200, **told: str) -> Response:
    shown = {"body": whole.body, "why": "", "fault": "", **told}
    return request.render(
        "dead_letter.html", status, whole=whole, letter=whole.letter, advice=advise(whole.letter.reason), **shown
    )


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    """A number that a page of ours has written into its form."""
    count = read_number(given.get(name, ""))
    return count if isinstance(count, int) else default


def _name(request: PageRequest) -> str:
    operator = request.operator
    assert operator is not None  # noqa: S101  no route here is public
    return f"user:{operator.id} {operator.username or operator.email or ''}".strip()


def _refuse_access(request: PageRequest, error: DeadLettersUnavailable) -> Response:
    return render_refusal(request, 503, f"The dead letters cannot be reached: {error}.", advice=NO_ACCESS)


def _refuse_full(request: PageRequest, error: QueueFull) -> Response:
    advice = "Those that were not sent stay. Wait until the workers have caught up, then go on."
    return render_refusal(request, 503, f"The queue for {error} is full.", advice=advice)
