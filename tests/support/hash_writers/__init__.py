"""Programs of other systems that write password hashes, for the samples."""
