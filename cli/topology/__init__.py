"""`userbus topology`: how the broker differs from what is declared, and moving it there without loss."""
