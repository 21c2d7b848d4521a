"""`userbus import`: users from a file, resumable."""
