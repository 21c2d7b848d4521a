"""Password hashes of other systems: one file a family of schemes, each over a library's primitives."""
