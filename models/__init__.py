"""The domain model: documents with their rules, and repositories that store them in MongoDB."""
