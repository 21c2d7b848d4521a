"""Files as other systems write them, each with one person who can sign in there."""
