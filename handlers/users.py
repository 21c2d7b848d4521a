"""The users family: create, update, set_status, delete, get, search, check_taken."""

from collections.abc import Mapping
from typing import Any

from contracts.base import Deleted
from contracts.users import (
    CheckTaken,
    CreateUser,
    DeleteUser,
    GetUser,
    SearchUsers,
    SetStatus,
    TakenView,
    UpdateUser,
    UserChanged,
    UserErased,
    UserPage,
    UserView,
)
from handlers.bindings import accounts_of, tell_accounts
from handlers.deps import Handlers
from handlers.hashing import hashed
from handlers.links import USER_GROUPS, USER_ROLES, tell_links
from handlers.searching import search_of
from handlers.views import user_view, with_roles
from models.conditions import fold
from models.errors.users import UserNotFound
from models.passwords import refuse_costly
from models.unit import Unit
from models.users import DELETED, FIELDS, LIVE, User

_OWN = ("username", "email", "name", "telephone", "mobile", "position", "company", "gender", "usertype")
_LINKS = ("role_ids", "group_ids")


async def create_user(command: CreateUser, unit: Unit) -> UserView:
    """Create a user with its accounts and links, all or nothing."""
    password = await _stored(command, unit)
    user = User(
        id=command.id or await unit.counters.next("users"),
        explicit=command.id is not None,
        root=command.root,
        password=password,
        accounts=await accounts_of(command.accounts, [], unit),
        **{name: sorted({*getattr(command, name)}) for name in _LINKS},
        **{name: getattr(command, name) for name in _OWN},
    )
    if user.accounts or user.role_ids or user.group_ids:
        # without links the unique index alone refuses a taken identifier; with them, that has to be said first
        await _check_links(user, dict(user), unit)
    unit.emit("user.created", user, user_view)
    tell_accounts(user, [], unit)
    for link in (USER_ROLES, USER_GROUPS):
        tell_links(link, user, [], unit)
    await unit.users.add(user)
    if command.id is not None:
        await unit.counters.pass_over("users", command.id)
    return user_view(user)


async def update_user(command: UpdateUser, unit: Unit) -> UserView:
    """Change the given fields of a live user."""
    given = command.model_fields_set
    password = {"password": await _stored(command, unit)} if given & {"password", "password_hash"} else {}
    user = await unit.users.get(command.id)
    user.expect(command.revision)
    fields = {**await _fields(command, user, unit), **password}
    before = user.model_copy()
    changed = user.change(fields)
    if fields.keys() & {*_LINKS, "accounts"}:
        await _check_links(user, fields, unit)
    if "password" in changed:
        await unit.sessions.end_all(user.id)
    unit.emit("user.updated", user, lambda after: _changed(after, changed))
    tell_accounts(user, before.accounts, unit)
    for link in (USER_ROLES, USER_GROUPS):
        tell_links(link, user, getattr(before, link.field), unit)
    await unit.users.save(user)
    return user_view(user)


async def set_status(command: SetStatus, unit: Unit) -> UserView:
    """Delete softly, restore, or only move `updated_at`."""
    user = await unit.users.get_any(command.id)
    if user.set_status(command.status or user.status):
        unit.emit("user.deleted" if user.status == DELETED else "user.restored", user, user_view)
        await unit.sessions.end_all(user.id)
        await _end_code(user, unit)
    await unit.users.save(user)
    return user_view(user)


async def delete_user(command: DeleteUser, unit: Unit) -> Deleted:
    """Erase a user, deleted or not."""
    user = await unit.users.find_any(id=command.id)
    if user is None:
        return Deleted(deleted=0)
    user.refuse_root()
    unit.emit("user.erased", user, lambda gone: UserErased(id=gone.id))
    await unit.sessions.end_all(user.id)
    own = {*user.logins.values()} - await unit.users.taken(user.logins.values(), but=user.id)
    await unit.lockouts.forget(user.id, own)  # what a deleted user has released may be somebody else's by now
    if user.logins.get("telephone") in own:
        await _end_code(user, unit)
    await unit.users.erase(user)
    return Deleted(deleted=1)


async def _end_code(user: User, unit: Unit) -> None:
    if user.telephone:
        await unit.codes.forget(user.telephone)


async def get_user(query: GetUser, unit: Unit) -> UserView:
    """Find one user by one key."""
    find = unit.users.find_any if query.include_deleted else unit.users.find
    user = await find(**query.keys())
    if user is None:
        raise UserNotFound
    (shown,) = await _shown([user], query.with_roles, unit)
    return shown


async def search_users(query: SearchUsers, unit: Unit) -> UserPage:
    """One page of the users that meet every condition."""
    statuses = [LIVE, DELETED] if query.include_deleted else [LIVE]
    search = search_of(query, FIELDS, {"status": {"$in": statuses}})
    page = await unit.users.page(search)
    items = await _shown(page.items, query.with_roles, unit)
    return UserPage(items=items, total=page.total, page=query.page, size=query.size, next=page.next)


async def check_taken(query: CheckTaken, unit: Unit) -> TakenView:
    """Which of the given values are login identifiers of live users."""
    asked = {name: fold(getattr(query, name)) for name in query.model_fields_set if getattr(query, name)}
    taken = await unit.users.taken(asked.values())
    return TakenView(**{name: value in taken for name, value in asked.items()})


async def _fields(command: UpdateUser, user: User, unit: Unit) -> dict[str, Any]:
    given = command.model_fields_set - ({"role_ids"} if user.root else set())
    fields: dict[str, Any] = {name: getattr(command, name) for name in given & {*_OWN}}
    fields |= {name: sorted({*getattr(command, name)}) for name in given & {*_LINKS}}
    if "accounts" in given:
        fields["accounts"] = await accounts_of(command.accounts, user.accounts, unit)
    return fields


async def _check_links(user: User, given: Mapping[str, Any], unit: Unit) -> None:
    await unit.users.refuse_taken(user)
    await unit.integrations.require(account.integration for account in given.get("accounts", ()))
    user.refuse_twice()
    await unit.roles.require(given.get("role_ids", ()))
    await unit.groups.require(given.get("group_ids", ()))


async def _stored(command: CreateUser | UpdateUser, unit: Unit) -> str | None:
    if command.password_hash is not None:
        stored = command.password_hash.get_secret_value()
        refuse_costly(stored)
        return stored
    if command.password is None:
        return None
    return await hashed(command.password, command.password_rules, unit)


async def _shown(users: list[User], roles_too: bool, unit: Unit) -> list[UserView]:
    views = [user_view(user) for user in users]
    if not roles_too:
        return views
    return with_roles(views, await unit.roles.with_apps(id for user in users for id in user.role_ids))


def _changed(user: User, names: list[str]) -> UserChanged:
    return UserChanged(**user_view(user).model_dump(), changed=sorted(names))


HANDLERS: Handlers = {
    "user.create": create_user,
    "user.update": update_user,
    "user.set_status": set_status,
    "user.delete": delete_user,
    "user.get": get_user,
    "user.search": search_users,
    "user.check_taken": check_taken,
}
