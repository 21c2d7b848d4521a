"""One delivery's way: decode, carry out, reply, settle."""
