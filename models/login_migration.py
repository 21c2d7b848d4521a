"""Users whose identifiers were stored for another comparison: by an earlier version, or for another country."""

from dataclasses import dataclass
from typing import Any

import structlog
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from models.logins import CLASHING, LOGINS, LoginKeys, login_identifiers
from models.store.client import BsonDict, Store
from models.store.driver_errors import DUPLICATE, translate_errors
from models.users import LIVE

BATCH = 500
_INDEX = [("login_form", 1)]
_USERS: BsonDict = {"status": {"$exists": True}}
log = structlog.get_logger()


@dataclass(slots=True)
class LoginMigration:
    """Store the login identifiers of all users in the present form, a batch at a time.

    Workers of earlier versions may run beside it: what they write is migrated again, and they find every user by the
    spelling that was stored. A user who has an identifier of another one in another spelling is logged, is still found
    by its own spelling, and is tried again by the next worker that starts.
    """

    store: Store
    keys: LoginKeys
    has_started: bool = False

    async def run_once(self) -> bool:
        """Do a batch; return whether there may be more."""
        with translate_errors():
            if not self.has_started:
                await self._retry_clashing()
            rows = await self._find_rows()
            updates = [self._update(row, is_clashing=False) for row in rows]
            await self._mark_clashing([rows[index] for index in await self._write(updates)])
        if rows:
            log.info("login identifiers stored in the present form", users=len(rows))
        return len(rows) == BATCH

    async def _find_rows(self) -> list[BsonDict]:
        where = {"login_form": {"$nin": [self.keys.form, CLASHING]}, **_USERS}
        fields = dict.fromkeys((*LOGINS, "status", "logins", "login_form"), 1)
        rows: list[BsonDict] = await self._users.find(where, fields).hint(_INDEX).limit(BATCH).to_list(None)
        return rows

    async def _retry_clashing(self) -> None:
        await self._users.update_many({"login_form": CLASHING, **_USERS}, {"$unset": {"login_form": ""}}, hint=_INDEX)
        self.has_started = True

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
        unchanged = {name: row.get(name) for name in ("_id", "status", "logins", *LOGINS)}
        return UpdateOne(unchanged, {"$set": {**stored, "clashing": is_clashing}})

    @property
    def _users(self) -> Any:
        return self.store.collection("users")
