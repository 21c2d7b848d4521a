"""A session of the driver, for one transaction."""

from testing.store.tables import Tables, Transaction, ended_error


class MemorySession:
    """A transaction whose snapshot is taken at its first operation; an error in it ends it, as MongoDB does."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._transaction: Transaction | None = None
        self._is_failed = False
        self.in_transaction = True

    def begin(self) -> Transaction:
        """Return the transaction. Raises the driver's error where an earlier operation has ended it."""
        if self._is_failed or not self.in_transaction:
            raise ended_error()
        if self._transaction is None:
            self._transaction = Transaction(self._tables)
        return self._transaction

    def fail(self) -> None:
        """End the transaction after an error: what follows in it is refused."""
        self._is_failed = True
        self.end()

    def end(self) -> None:
        """End what is not committed."""
        if self._transaction is not None:
            self._transaction.end()

    async def commit_transaction(self) -> None:
        """Commit. Raises the driver's error where an earlier operation has ended the transaction."""
        if self._is_failed:
            raise ended_error()
        if self._transaction is not None:
            self._transaction.commit()
        self.in_transaction = False

    async def abort_transaction(self) -> None:
        """Abort."""
        self.end()
        self.in_transaction = False
