"""One module a dialect: its route table, its field lists, its success and failure shapes."""
