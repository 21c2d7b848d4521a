"""Apps: whose groups, roles and resources there are."""

from typing import ClassVar

from models.errors.base import TryAgain
from models.errors.roles import AppCodeTaken, AppNotFound
from models.rows import Coded, OwnerRows, searchable
from models.store import Row


class App(Coded):
    """A program whose access is managed here."""

    noun: ClassVar[str] = "app"
    name: str


class Apps(OwnerRows[App]):
    """The apps' rows."""

    collection: ClassVar[str] = "apps"
    document = App
    missing = AppNotFound
    code_taken = AppCodeTaken
    fields = searchable("code", "name")

    async def id_of(self, app: int | str) -> int:
        """The id of the app with this id or code. Raises `AppNotFound`."""
        found = await self.rows.find_one(app_key(app), {"_id": 1}, session=await self.session())
        if found is None:
            raise AppNotFound
        return int(found["_id"])

    async def introduce(self, app: App) -> None:
        """Insert an app that several commands may want at once. Raises `TryAgain` where another was faster."""
        try:
            await self.add(app)
        except AppCodeTaken as error:
            raise TryAgain from error


def app_key(app: int | str) -> Row:
    """An app's id or code as a filter."""
    return {"_id": app} if isinstance(app, int) else {"code": app}
