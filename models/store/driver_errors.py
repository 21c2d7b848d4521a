"""Errors of the driver as errors of the models."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

from models.errors.base import StoreUnavailable
from models.store.time_limit import limit_operation

AUTHENTICATION_FAILED = 18
DUPLICATE = 11000


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn every error of the driver into `StoreUnavailable`, for code outside a unit of work.

    The operations of the block end within 5 s, on the server too.
    """
    try:
        with limit_operation():
            yield
    except PyMongoError as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error


@contextmanager
def translate_unreachable() -> Iterator[None]:
    """Turn a failed connection or login into `StoreUnavailable`; other errors pass."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        raise StoreUnavailable("the database does not know this user and password: see USERBUS_MONGO_URL") from error


@contextmanager
def translate_duplicate(refusal: type[Exception]) -> Iterator[None]:
    """Turn the violation of a unique index into `refusal`, for example `TenantTaken` or `TryAgain`."""
    try:
        yield
    except DuplicateKeyError as error:
        raise refusal from error
