"""Apps, which own groups, roles and resources."""

from typing import ClassVar

from models.coded import CodedDocument, OwnerRepository, search_fields
from models.errors.base import TryAgain
from models.errors.roles import AppCodeTaken, AppNotFound
from models.store.client import BsonDict


class App(CodedDocument):
    """An application whose access is managed here."""

    noun: ClassVar[str] = "app"
    name: str


class AppRepository(OwnerRepository[App]):
    """The apps."""

    collection: ClassVar[str] = "apps"
    document = App
    not_found = AppNotFound
    code_taken = AppCodeTaken
    fields = search_fields("code", "name")

    async def get_id(self, app: int | str) -> int:
        """Return the id of the app with this id or code. Raises `AppNotFound`."""
        found = await self.rows.find_one(app_filter(app), {"_id": 1}, session=await self.session())
        if found is None:
            raise AppNotFound
        return int(found["_id"])

    async def add_shared(self, app: App) -> None:
        """Insert an app that several commands may need at once. Raises `TryAgain` if another has been faster."""
        try:
            await self.add(app)
        except AppCodeTaken as error:
            raise TryAgain from error


def app_filter(app: int | str) -> BsonDict:
    """The filter for the app with this id or code."""
    return {"_id": app} if isinstance(app, int) else {"code": app}
