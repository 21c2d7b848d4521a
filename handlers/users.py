"""Users: create, update, set their status, delete, get, search, check taken identifiers."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.base import Deleted
from contracts.user_queries import CheckTaken, GetUser, SearchUsers, TakenView, UserPage
from contracts.user_views import UserChanged, UserErased, UserView
from contracts.users import CreateUser, DeleteUser, DisableUser, EnableUser, SetUserRoot, SetUserStatus, UpdateUser
from handlers.account_changes import build_accounts, emit_account_changes
from handlers.handler import Handlers
from handlers.links import USER_GROUPS, USER_ROLES, emit_link_changes
from handlers.password_hashing import hash_password, import_hash
from handlers.searching import page_view, search_spec
from handlers.views import user_view, views_with_roles
from models.errors.users import UserNotFound
from models.unit_of_work import UnitOfWork
from models.user_fields import FIELDS
from models.users import DELETED, LIVE, PROFILE, User

_LINKS = ("role_ids", "group_ids")


async def create_user(command: CreateUser, unit: UnitOfWork) -> UserView:
    """Create a user with accounts and links."""
    unit.dependencies.policy.refuse_username(command.username)
    password = await _hash_new_password(command, unit)
    user = User(
        id=command.id or await unit.counters.reserve_id("users"),
        explicit=command.id is not None,
        external_id=command.external_id,
        root=command.root,
        password=password,
        accounts=await build_accounts(command.accounts, [], unit),
        **{name: sorted({*getattr(command, name)}) for name in _LINKS},
        **{name: getattr(command, name) for name in PROFILE},
    )
    if user.accounts or user.role_ids or user.group_ids:
        # without them the unique index refuses a taken identifier; with them that refusal must come first
        await _check_links(user, dict(user), unit)
    await unit.last_revisions.restore([user] if user.explicit else [])
    created = _emit_created(user, unit)
    await unit.users.add(user)
    if command.id is not None:
        await unit.counters.skip_to("users", command.id)
    return created if created.revision == user.revision else user_view(user)


def _emit_created(user: User, unit: UnitOfWork) -> UserView:
    created = unit.emit("user.created", user, user_view)
    emit_account_changes(user, [], unit)
    for link in (USER_ROLES, USER_GROUPS):
        emit_link_changes(link, user, [], unit)
    return created


async def update_user(command: UpdateUser, unit: UnitOfWork) -> UserView:
    """Set the fields that the command gives of a live user; without a change only `updated_at` moves."""
    names = command.model_fields_set
    password = {"password": await _hash_new_password(command, unit)} if names & {"password", "password_hash"} else {}
    user = await unit.users.get(command.id)
    user.refuse_root(command.protect_root)
    user.refuse_stale(command.revision)
    fields = {**await _collect_fields(command, user, unit), **password}
    before = user.model_copy()
    changed = user.change(fields)
    if "username" in changed:
        unit.dependencies.policy.refuse_username(user.username)
    if fields.keys() & {*_LINKS, "accounts"}:
        await _check_links(user, _leave_out_links(fields, before, command.live_roles), unit)
    await _end_former(before, changed, unit)
    if changed:
        unit.emit("user.updated", user, lambda after: _change_view(after, changed))
    emit_account_changes(user, before.accounts, unit)
    for link in (USER_ROLES, USER_GROUPS):
        emit_link_changes(link, user, getattr(before, link.field), unit)
    await unit.users.save(user)
    return user_view(user)


async def set_user_status(command: SetUserStatus, unit: UnitOfWork) -> UserView:
    """Soft-delete or restore a user; without a change only `updated_at` moves."""
    user = await unit.users.get_any(command.id)
    user.refuse_root(command.protect_root)
    if user.set_status(command.status or user.status):
        unit.emit("user.deleted" if user.status == DELETED else "user.restored", user, user_view)
        await unit.sessions.end_all(user.id)
        await _drop_code(user, unit)
    await unit.users.save(user)
    return user_view(user)


async def set_user_root(command: SetUserRoot, unit: UnitOfWork) -> UserView:
    """Make a live user root or ordinary, which ends its sessions of the console; else only `updated_at` moves."""
    user = await unit.users.get(command.id)
    changed = user.change({"root": command.root})
    if changed:
        unit.emit("user.updated", user, lambda after: _change_view(after, changed))
        await unit.sessions.end_realm(user.id, "console")
    await unit.users.save(user)
    return user_view(user)


async def disable_user(command: DisableUser, unit: UnitOfWork) -> UserView:
    """Disable a live user, and end its sessions."""
    user = await unit.users.get(command.id)
    user.refuse_root(command.protect_root)
    if user.set_disabled(1):
        unit.emit("user.disabled", user, user_view)
        await unit.sessions.end_all(user.id)
        await unit.users.save(user)
    return user_view(user)


async def enable_user(command: EnableUser, unit: UnitOfWork) -> UserView:
    """Enable a live user."""
    user = await unit.users.get(command.id)
    if user.set_disabled(0):
        unit.emit("user.enabled", user, user_view)
        await unit.users.save(user)
    return user_view(user)


async def delete_user(command: DeleteUser, unit: UnitOfWork) -> Deleted:
    """Erase a user, soft-deleted or not, with the replies that the journal keeps of it."""
    user = await unit.users.find_any(id=command.id)
    if user is None:
        return Deleted(deleted=0)
    user.refuse_root()
    unit.emit("user.erased", user, lambda gone: UserErased(id=gone.id))
    await unit.sessions.end_all(user.id)
    keys = unit.login_keys.keys(user.identifiers)
    own = {*keys.values()} - await unit.users.find_taken(user.identifiers.values(), but=user.id)
    await unit.lockouts.forget(user.id, own)  # another user may have an identifier that a soft-deleted one has released
    if keys.get("telephone") in own:
        await _drop_code(user, unit)
    await unit.users.erase(user)
    await unit.forget(user)
    return Deleted(deleted=1)


async def _end_former(before: User, changed: Sequence[str], unit: UnitOfWork) -> None:
    """End what the former password, or the former number, has opened."""
    if "password" in changed:
        await unit.sessions.end_all(before.id)
    if "telephone" in changed:
        await _drop_code(before, unit)


async def _drop_code(user: User, unit: UnitOfWork) -> None:
    if user.telephone:
        await unit.sms_numbers.drop_code(user.telephone)


async def get_user(query: GetUser, unit: UnitOfWork) -> UserView:
    """Find one user by one key."""
    find = unit.users.find_any if query.include_deleted else unit.users.find
    user = await find(**query.keys())
    if user is None:
        raise UserNotFound
    (view,) = await _build_views([user], query.with_roles, unit)
    return view


async def search_users(query: SearchUsers, unit: UnitOfWork) -> UserPage:
    """Find one page of the users that meet every condition."""
    statuses = [LIVE, DELETED] if query.include_deleted else [LIVE]
    search = search_spec(query, FIELDS, {"status": {"$in": statuses}})
    page = await unit.users.search(search)
    items = await _build_views(page.items, query.with_roles, unit)
    return page_view(UserPage, items, page, query)


async def check_taken(query: CheckTaken, unit: UnitOfWork) -> TakenView:
    """Check which of the values are login identifiers of live users."""
    texts = {name: getattr(query, name) for name in query.model_fields_set if getattr(query, name)}
    taken = await unit.users.find_taken(texts.values())
    return TakenView(**{name: key in taken for name, key in unit.login_keys.keys(texts).items()})


async def _collect_fields(command: UpdateUser, user: User, unit: UnitOfWork) -> dict[str, Any]:
    names = command.model_fields_set - ({"role_ids"} if user.root else set())
    fields: dict[str, Any] = {name: getattr(command, name) for name in names & {*PROFILE}}
    fields |= {name: sorted({*getattr(command, name)}) for name in names & {*_LINKS}}
    if "accounts" in names:
        fields["accounts"] = await build_accounts(command.accounts, user.accounts, unit)
    return fields


def _leave_out_links(fields: Mapping[str, Any], before: User, live_roles: bool) -> dict[str, Any]:
    kept = ("group_ids",) if live_roles else _LINKS
    # links that the user has already may be to rows that are gone: whoever sends back what it has read keeps them
    return {name: {*value} - {*getattr(before, name)} if name in kept else value for name, value in fields.items()}


async def _check_links(user: User, fields: Mapping[str, Any], unit: UnitOfWork) -> None:
    await unit.users.refuse_taken(user)
    await unit.integrations.require(account.integration for account in fields.get("accounts", ()))
    user.refuse_duplicate_accounts()
    await unit.roles.require(fields.get("role_ids", ()))
    await unit.groups.require(fields.get("group_ids", ()))


async def _hash_new_password(command: CreateUser | UpdateUser, unit: UnitOfWork) -> str | None:
    if command.password_hash is not None:
        return await import_hash(command.password_hash, unit)
    if command.password is None:
        return None
    return await hash_password(command.password, command.password_rules, unit)


async def _build_views(users: list[User], include_roles: bool, unit: UnitOfWork) -> list[UserView]:
    views = [user_view(user) for user in users]
    if not include_roles:
        return views
    return views_with_roles(views, await unit.roles.find_with_app_codes(id for user in users for id in user.role_ids))


def _change_view(user: User, names: list[str]) -> UserChanged:
    return UserChanged(**user_view(user).model_dump(), changed=sorted(names))


HANDLERS: Handlers = {
    "user.create": create_user,
    "user.update": update_user,
    "user.set_status": set_user_status,
    "user.set_root": set_user_root,
    "user.disable": disable_user,
    "user.enable": enable_user,
    "user.delete": delete_user,
    "user.get": get_user,
    "user.search": search_users,
    "user.check_taken": check_taken,
}
GROUPED = ("user.create", "user.update")
