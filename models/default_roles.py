"""The roles that new users get."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.store.client import Store
from models.store.scope import StoreScope


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """A role that new users get, with the code of its app and its own."""

    role_id: int
    app: str
    role: str


class DefaultRoleRepository:
    """Find the roles that new users get."""

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._apps = store.collection("apps")
        self._roles = store.collection("roles")
        self._scope = scope

    async def find(self, codes: Sequence[tuple[str, str]]) -> list[DefaultRole]:
        """Return the live roles with these (app code, role code) pairs, in the same order."""
        session = await self._scope.session()
        apps = self._apps.find({"code": {"$in": [app for app, _ in codes]}}, {"code": 1}, session=session)
        app_codes = {row["_id"]: row["code"] async for row in apps}
        where = {"app_id": {"$in": [*app_codes]}, "code": {"$in": [role for _, role in codes]}, "status": {"$ne": -1}}
        roles = self._roles.find(where, {"app_id": 1, "code": 1}, session=session)
        found = {(app_codes[row["app_id"]], row["code"]): row["_id"] async for row in roles}
        return [DefaultRole(found[pair], *pair) for pair in codes if pair in found]
