"""Rows of users as an earlier version stored them, or with identifiers compared for another country."""

from dataclasses import dataclass
from typing import Any, ClassVar

import structlog
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from models.login_identifiers import CLASHING, LOGINS, LoginKeys, login_identifiers
from models.store.client import BsonDict, Store
from models.store.driver_errors import DUPLICATE, translate_errors
from models.users import LIVE

BATCH = 500
_INDEX = [("login_form", 1)]
_USERS: BsonDict = {"status": {"$exists": True}}
_CLASHING: BsonDict = {"login_form": CLASHING, **_USERS}
_ABSENT: BsonDict = {
    "external_id": None,
    "disabled": 0,
    "email_verified": 0,
    "telephone_verified": 0,
}  # by earlier ones
log = structlog.get_logger()


@dataclass(slots=True)
class LoginMigration:
    """Store users in the present form: their login identifiers, and fields that earlier versions do not have.

    Workers of earlier versions may run beside it: what they write is migrated again, and they find every user by the
    spelling that was stored. A user who has an identifier of another one in another spelling is logged, is still found
    by its own spelling, and is tried again by the next worker that starts.
    """

    store: Store
    keys: LoginKeys
    _clashing: list[int] | None = None  # the users who are to be tried again
    number: ClassVar[int] = 1
    name: ClassVar[str] = "users"
    summary: ClassVar[str] = "login identifiers and fields of users in the present form"
    is_automatic: ClassVar[bool] = True

    async def run_batch(self) -> int:
        """Do a batch; return how many users it has looked at."""
        with translate_errors():
            if self._clashing is None:
                clashing = await self._users.find(_CLASHING, {"_id": 1}).hint(_INDEX).to_list(None)
                self._clashing = [row["_id"] for row in clashing]
            rows = await self._migrate(self._others) or await self._retry_clashing(self._clashing)
        if rows:
            log.info("users stored in the present form", users=len(rows))
        return len(rows)

    async def count_left(self) -> int:
        """Return how many users are stored in another form."""
        return int(await self._users.count_documents(self._others, hint=_INDEX))

    async def count_stuck(self) -> int:
        """Return how many users have an identifier of another user."""
        return int(await self._users.count_documents(_CLASHING, hint=_INDEX))

    async def _migrate(self, where: BsonDict) -> list[BsonDict]:
        fields = dict.fromkeys((*LOGINS, *_ABSENT, "status", "logins", "login_form"), 1)
        rows: list[BsonDict] = await self._users.find(where, fields).hint(_INDEX).limit(BATCH).to_list(None)
        updates = [self._update(row, is_clashing=False) for row in rows]
        await self._mark_clashing([rows[index] for index in await self._write(updates)])
        return rows

    async def _retry_clashing(self, users: list[int]) -> list[BsonDict]:
        """Try a batch again, which is not left to do meanwhile: commands of two seconds would begin anew for ever."""
        batch, users[:BATCH] = users[:BATCH], []
        return await self._migrate({**_CLASHING, "_id": {"$in": batch}}) if batch else []

    @property
    def _others(self) -> BsonDict:
        return {"login_form": {"$nin": [self.keys.form, CLASHING]}, **_USERS}

    async def _mark_clashing(self, rows: list[BsonDict]) -> None:
        if rows:
            ids = sorted(row["_id"] for row in rows)
            log.warning("users have a login identifier of another user in another spelling", users=ids)
            await self._write([self._update(row, is_clashing=True) for row in rows])

    async def _write(self, updates: list[UpdateOne]) -> list[int]:
        """Return the positions of those that a unique index refuses."""
        if not updates:
            return []
        try:
            await self._users.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            faults = error.details["writeErrors"] if error.details else []
            if not faults or any(fault["code"] != DUPLICATE for fault in faults):
                raise
            return [fault["index"] for fault in faults]
        return []

    def _update(self, row: BsonDict, is_clashing: bool) -> UpdateOne:
        stored = self.keys.row_fields(login_identifiers(row), row["status"] == LIVE, is_clashing)
        absent = {name: value for name, value in _ABSENT.items() if name not in row}
        unchanged = {name: row.get(name) for name in ("_id", "status", "logins", *LOGINS, *absent)}
        return UpdateOne(unchanged, {"$set": {**stored, **absent, "clashing": is_clashing}})

    @property
    def _users(self) -> Any:
        return self.store.collection("users")
