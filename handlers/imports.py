"""Importing users: one transaction a call, each row judged by itself."""

import asyncio
from collections.abc import Sequence
from itertools import chain

from contracts.imports import Imported, ImportedUser, ImportUsers, RowFailed
from contracts.problem import Problem
from handlers.decoding import read
from handlers.deps import Handlers
from handlers.pipeline import problem
from handlers.views import user_view
from models.batch import Batch
from models.imports import Linked
from models.passwords import refuse_costly
from models.unit import Unit
from models.users import Account, User

CHUNK = 100  # rows between two turns of the event loop
_OWN = ("username", "email", "name", "telephone", "mobile", "position", "company", "gender", "usertype")


async def import_users(command: ImportUsers, unit: Unit) -> Imported:
    """Create the users whose rows are good and whose identifiers are free."""
    async with unit.shared.imports:
        batch, unfit = await _read(command)
        batch.judge(_check_hash)
        linked = await _linked([*batch.users.values()], unit)
        batch.judge(linked.check)
        taken = await unit.imports.taken([*batch.users.values()])
        batch.judge(taken.claim, skip=command.on_conflict == "skip")
        await _create([*batch.users.values()], linked, unit)
    failed = unfit | {index: problem(refusal) for index, refusal in batch.refused.items()}
    return Imported(
        created=len(batch.users),
        skipped=batch.skipped,
        failed=[RowFailed(index=index, problem=failed[index]) for index in sorted(failed)],
    )


async def _read(command: ImportUsers) -> tuple[Batch, dict[int, Problem]]:
    batch, unfit = Batch(), dict[int, Problem]()
    for index, row in enumerate(command.users):
        given = read(ImportedUser, row)
        if isinstance(given, Problem):
            unfit[index] = given
        else:
            batch.users[index] = _user(given)
        if index % CHUNK == 0:
            await asyncio.sleep(0)
    return batch, unfit


def _user(given: ImportedUser) -> User:
    return User(
        id=given.id or 0,  # the counter gives the others theirs once it is known how many there will be
        explicit=given.id is not None,
        password=given.password_hash.get_secret_value() if given.password_hash else None,
        accounts=[Account(account_id=0, integration=one.integration, account=one.account) for one in given.accounts],
        role_ids=sorted(set(given.role_ids)),
        group_ids=sorted(set(given.group_ids)),
        **{name: getattr(given, name) for name in _OWN},
    )


def _check_hash(user: User) -> None:
    if user.password is not None:
        refuse_costly(user.password)


async def _linked(users: Sequence[User], unit: Unit) -> Linked:
    return Linked(
        await unit.imports.live("roles", chain.from_iterable(user.role_ids for user in users)),
        await unit.imports.live("groups", chain.from_iterable(user.group_ids for user in users)),
        await unit.integrations.known(account.integration for user in users for account in user.accounts),
    )


async def _create(users: Sequence[User], linked: Linked, unit: Unit) -> None:
    if not users:
        return
    await _number(users, unit)
    used = {account.integration for user in users for account in user.accounts}
    await unit.integrations.keep(linked.integrations[name] for name in used)
    for start in range(0, len(users), CHUNK):
        chunk = users[start : start + CHUNK]
        for user in chunk:
            unit.emit("user.created", user, user_view)
        await unit.imports.add(chunk)


async def _number(users: Sequence[User], unit: Unit) -> None:
    explicit = [user.id for user in users if user.explicit]
    if explicit:
        await unit.counters.pass_over("users", max(explicit))
    given = iter(await unit.counters.many("users", len(users) - len(explicit)))
    for user in users:
        user.id = user.id if user.explicit else next(given)
    accounts = [account for user in users for account in user.accounts]
    numbers = await unit.counters.many("accounts", len(accounts))
    for account, number in zip(accounts, numbers, strict=True):
        account.account_id = number


HANDLERS: Handlers = {"user.import": import_users}
