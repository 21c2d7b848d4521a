"""Errors of the development stack."""


class StackError(Exception):
    """A failure that the user can fix: the text says what happened and what to do next."""


class AccessRefused(StackError):
    """A server that answers and does not let its user in; the text is the server's reason."""
