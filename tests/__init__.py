"""A mirror of the packages; flows/ for what crosses them."""
