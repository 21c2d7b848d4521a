"""Keys, encrypted secrets and password hashes."""
