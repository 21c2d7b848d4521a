"""Import of users: each row succeeds or fails by itself, and one transaction writes those that succeed.

All is checked and built before the transaction begins: on a busy machine that may take longer than it may live.
What has been taken meanwhile is met by a unique index or a lock row, and the command runs again.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import chain
from typing import Any

from pydantic import SecretStr

from contracts.imports import CheckImport, ImportChecked, Imported, ImportedUser, ImportUsers, RowFailed
from contracts.problem import Problem
from handlers.handler import Handlers
from handlers.password_hashing import hash_scheme, import_hash
from handlers.problems import problem
from handlers.validation import validate_row
from handlers.views import user_view
from models.errors.accounts import IntegrationNotFound
from models.errors.auth import HashRefused
from models.errors.base import TryAgain
from models.import_batch import ImportBatch
from models.imports import ImportLinks
from models.turns import take_turns
from models.unit_of_work import UnitOfWork
from models.users import PROFILE, Account, User

ReadHash = Callable[[SecretStr, int], Awaitable[str | None]]  # of the row with this index


async def import_users(command: ImportUsers, unit: UnitOfWork) -> Imported:
    """Create the users whose rows are valid and whose identifiers are free."""
    await unit.enter(unit.dependencies.imports)
    batch, invalid = await _validate_rows(command.users, lambda stored, index: import_hash(stored, unit, index))
    links = await _apply_rules(batch, command.on_conflict == "skip", unit.read_only)
    await _create([*batch.users.values()], links, unit)
    return Imported(
        created=len(batch.users),
        skipped=batch.skipped,
        failed=_failed_rows(batch, invalid),
        without_password=_without_password(batch, command.users),
    )


async def check_import(query: CheckImport, unit: UnitOfWork) -> ImportChecked:
    """Tell which users could be created, and the schemes of their hashes."""

    async def read_scheme(stored: SecretStr, _: int) -> str | None:
        return hash_scheme(stored)

    async with unit.dependencies.imports:
        batch, invalid = await _validate_rows(query.users, read_scheme)
        await _apply_rules(batch, False, unit)
    return ImportChecked(
        importable=len(batch.users),
        failed=_failed_rows(batch, invalid),
        without_password=_without_password(batch, query.users),
        schemes=Counter(user.password for user in batch.users.values() if user.password),
    )


async def _apply_rules(batch: ImportBatch, skip: bool, unit: UnitOfWork) -> ImportLinks:
    links = await _find_links([*batch.users.values()], unit)
    await batch.apply_rule(lambda user: unit.dependencies.policy.refuse_username(user.username))
    await batch.apply_rule(links.check)
    taken = await unit.imports.find_taken([*batch.users.values()])
    await batch.apply_rule(taken.claim, skip=skip)
    return links


def _failed_rows(batch: ImportBatch, invalid: dict[int, Problem]) -> list[RowFailed]:
    failed = invalid | {index: problem(refusal) for index, refusal in batch.refused.items()}
    return [RowFailed(index=index, problem=failed[index]) for index in sorted(failed)]


async def _validate_rows(rows: Sequence[Any], read_hash: ReadHash) -> tuple[ImportBatch, dict[int, Problem]]:
    batch, invalid = ImportBatch(), dict[int, Problem]()
    async for index, row in take_turns(enumerate(rows)):
        valid = validate_row(ImportedUser, row)
        if isinstance(valid, Problem):
            invalid[index] = valid
        else:
            await _add(batch, index, valid, read_hash)
    return batch, invalid


async def _add(batch: ImportBatch, index: int, row: ImportedUser, read_hash: ReadHash) -> None:
    stored = row.password_hash
    try:
        password = None if stored is None else await read_hash(stored, index)
    except HashRefused as refusal:
        batch.refused[index] = refusal
    else:
        batch.users[index] = _user(row, password)


def _without_password(batch: ImportBatch, rows: Sequence[Any]) -> list[int]:
    lost = (index for index, user in batch.users.items() if user.password is None)
    return [index for index in lost if rows[index].get("password_hash") is not None]


def _user(row: ImportedUser, password: str | None) -> User:
    checked = vars(row)
    given = {"uuid": row.uuid and str(row.uuid), "created_at": row.created_at}
    return User.from_checked(
        {
            "id": row.id or 0,  # 0 until `_assign_ids`, which reserves the ids of all others at once
            "explicit": row.id is not None,
            "external_id": row.external_id,
            "disabled": row.disabled,
            "password": password,
            "accounts": [
                Account(account_id=0, integration=one.integration, account=one.account) for one in row.accounts
            ],
            "role_ids": sorted(set(row.role_ids)),
            "group_ids": sorted(set(row.group_ids)),
            **{name: checked[name] for name in PROFILE},
            **{name: value for name, value in given.items() if value},
        }
    )


async def _find_links(users: Sequence[User], unit: UnitOfWork) -> ImportLinks:
    return ImportLinks(
        await unit.imports.find_live("roles", chain.from_iterable(user.role_ids for user in users)),
        await unit.imports.find_live("groups", chain.from_iterable(user.group_ids for user in users)),
        await unit.integrations.find_ids(account.integration for user in users for account in user.accounts),
    )


async def _create(users: Sequence[User], links: ImportLinks, unit: UnitOfWork) -> None:
    if not users:
        return
    await _assign_ids(users, unit)
    explicit = [user for user in users if user.explicit]
    kept = await unit.read_only.last_revisions.restore(explicit)
    async for user in take_turns(users):
        unit.emit("user.created", user, user_view)
    rows = await unit.imports.make_rows(users)
    used = {links.integrations[account.integration] for user in users for account in user.accounts}

    async def write() -> None:
        await _lock_integrations(used, unit)
        await unit.last_revisions.require(explicit, kept)
        await unit.imports.add(users, rows)

    unit.write_at_commit(write)


async def _lock_integrations(ids: Collection[int], unit: UnitOfWork) -> None:
    try:
        await unit.integrations.lock(ids)
    except IntegrationNotFound as error:  # deleted since it was found: its rows fail when the command runs again
        raise TryAgain from error


async def _assign_ids(users: Sequence[User], unit: UnitOfWork) -> None:
    explicit = [user.id for user in users if user.explicit]
    await unit.counters.skip_to("users", *explicit)
    ids = iter(await unit.counters.reserve_ids("users", len(users) - len(explicit)))
    for user in users:
        user.id = user.id if user.explicit else next(ids)
    accounts = [account for user in users for account in user.accounts]
    numbers = await unit.counters.reserve_ids("accounts", len(accounts))
    for account, number in zip(accounts, numbers, strict=True):
        account.account_id = number


HANDLERS: Handlers = {"user.import": import_users, "user.check_import": check_import}
