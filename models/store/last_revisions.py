"""The last revisions of deleted documents, from which a document that gets the same id goes on."""

from collections.abc import Collection

from models.store.client import Store
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

    async def restore(self, documents: Collection[Document]) -> None:
        """Set the revisions of new documents with chosen ids, before their first events are emitted."""
        if not documents:
            return
        session = await self._scope.session()
        kept = self._rows.find({"_id": {"$in": [document.subject for document in documents]}}, session=session)
        revisions = {row["_id"]: row["revision"] async for row in kept}
        for document in documents:
            document.revision = revisions.get(document.subject, 0)
