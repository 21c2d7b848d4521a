"""What can go wrong while the stack is built, started or stopped."""


class StackError(Exception):
    """A fault that a person can mend: the text says what happened and what to do next."""
