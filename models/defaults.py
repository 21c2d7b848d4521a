"""Which roles newcomers get."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.repository import Session
from models.store import Store


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that is given to newcomers, with its app's code and its own."""

    role_id: int
    app: str
    role: str


class Defaults:
    """Finds what is given to newcomers."""

    def __init__(self, store: Store, session: Session) -> None:
        self._apps = store.collection("apps")
        self._roles = store.collection("roles")
        self._session = session

    async def roles(self, wanted: Sequence[tuple[str, str]]) -> list[Grant]:
        """Of these (app code, role code), those that there are, in the order given."""
        session = await self._session()
        apps = self._apps.find({"code": {"$in": [app for app, _ in wanted]}}, {"code": 1}, session=session)
        codes = {row["_id"]: row["code"] async for row in apps}
        named = {"app_id": {"$in": [*codes]}, "code": {"$in": [role for _, role in wanted]}, "status": {"$ne": -1}}
        roles = self._roles.find(named, {"app_id": 1, "code": 1}, session=session)
        found = {(codes[row["app_id"]], row["code"]): row["_id"] async for row in roles}
        return [Grant(found[pair], *pair) for pair in wanted if pair in found]
