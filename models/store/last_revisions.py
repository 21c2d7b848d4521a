"""The last revisions of deleted documents, from which a document that gets the same id goes on."""

from collections.abc import Collection, Mapping

from models.errors.base import TryAgain
from models.store.client import BsonDict, Store
from models.store.document import Document
from models.store.scope import StoreScope


class LastRevisions:
    """Keep a subject's revision after its deletion, so that the sequence of its events never begins again."""

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._rows = store.collection("erased")
        self._scope = scope

    async def keep(self, documents: Collection[Document]) -> None:
        """Store the revisions of documents that are being deleted, their last events included."""
        if not documents:
            return
        session = await self._scope.session()
        rows = [{"_id": document.subject, "revision": document.revision} for document in documents]
        await self._rows.delete_many({"_id": {"$in": [row["_id"] for row in rows]}}, session=session)
        await self._rows.insert_many(rows, session=session)

    async def restore(self, documents: Collection[Document]) -> Mapping[str, int]:
        """Set the revisions of new documents with chosen ids, before their first events are emitted; return those kept.

        They are by subject. What has restored them outside of the transaction that adds the documents must `require`
        them there.
        """
        if not documents:
            return {}
        session = await self._scope.session()
        found = self._rows.find({"_id": {"$in": [document.subject for document in documents]}}, session=session)
        kept: dict[str, int] = {row["_id"]: row["revision"] async for row in found}
        for document in documents:
            document.revision = kept.get(document.subject, 0)
        return kept

    async def require(self, documents: Collection[Document], kept: Mapping[str, int]) -> None:
        """Raise `TryAgain` where documents of these ids have been deleted since their revisions were restored."""
        if not documents:
            return
        subjects = [document.subject for document in documents if document.subject not in kept]
        others: list[BsonDict] = [{"_id": subject, "revision": {"$ne": number}} for subject, number in kept.items()]
        # one round trip, whose deletions are undone with the transaction
        outcome = await self._rows.delete_many(
            {"$or": [{"_id": {"$in": subjects}}, *others]}, session=await self._scope.session()
        )
        if outcome.deleted_count:
            raise TryAgain
