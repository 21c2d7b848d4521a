"""What is true: documents, their rules and their repositories, kept in MongoDB."""
