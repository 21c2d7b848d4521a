"""The problem codes of replies: the refusals of the models, and those of the service itself."""

from importlib import import_module
from pkgutil import iter_modules

from contracts.problem import Problem
from models import errors
from models.errors.base import Refusal, StoreUnavailable

SERVICE_PROBLEMS = {
    "message.undecodable": ("invalid", "the body is not one JSON object"),
    "message.unknown_name": ("invalid", "no request has that name"),
    "message.id_missing": ("invalid", "a command has no message_id"),
    "message.too_large": ("invalid", "the body is longer than its kind of request may be"),
    "message.invalid": ("invalid", "fields are wrong, missing or unknown; `details` lists them"),
    "caller.forbidden": ("denied", "the list of services does not let the sender do this, or does not have it"),
    "store.unavailable": ("unavailable", "the database did not answer in time"),
    "message.poison": ("internal", "workers died again and again with the message in flight: it is dead-lettered"),
    "service.circuit_open": ("unavailable", "requests of this name kept failing and are not run for a few seconds"),
    "service.interrupted": ("unavailable", "a worker was lost with the query in flight: ask again"),
    "service.fault": ("internal", "a fault of the service; `details.fault` is its id in the log"),
}


def _refusals(root: type[Refusal]) -> list[type[Refusal]]:
    return [refusal for child in root.__subclasses__() for refusal in (child, *_refusals(child))]


def problem_codes() -> dict[str, tuple[str, str]]:
    """The kind and text of every code."""
    for module in iter_modules(errors.__path__, f"{errors.__name__}."):
        import_module(module.name)
    return SERVICE_PROBLEMS | {
        refusal.code: (refusal.kind, refusal.text) for refusal in _refusals(Refusal) if hasattr(refusal, "code")
    }


def problem(refusal: Refusal | StoreUnavailable) -> Problem:
    """The problem that tells a refusal of the models to the sender of a request."""
    if isinstance(refusal, StoreUnavailable):
        if not isinstance(refusal.__cause__, Refusal):
            return Problem(kind="unavailable", code="store.unavailable", message=str(refusal))
        refusal = refusal.__cause__
    return Problem.model_validate(
        {"kind": refusal.kind, "code": refusal.code, "message": str(refusal), "details": refusal.details}
    )
