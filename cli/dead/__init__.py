"""`userbus dead`: look at dead letters, redrive them, drop them."""
