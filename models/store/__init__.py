"""MongoDB: the driver, documents, queries, the journal and its outbox."""
