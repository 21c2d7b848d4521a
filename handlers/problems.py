"""Every problem code that a reply can carry: the models' refusals and what surrounds them."""

from importlib import import_module
from pkgutil import iter_modules

from models import errors
from models.errors.base import Refusal

AROUND = {
    "message.undecodable": ("invalid", "the body is not one JSON object"),
    "message.unknown_name": ("invalid", "no request has that name"),
    "message.id_missing": ("invalid", "a command came without a message_id"),
    "message.too_large": ("invalid", "the body is longer than its kind of request may be"),
    "message.invalid": ("invalid", "fields are wrong, missing or unknown; `details` lists them"),
    "store.unavailable": ("unavailable", "the database did not answer in time"),
    "message.deadly": ("internal", "workers died again and again while they had the message in hand: it is parked"),
    "service.rests": ("unavailable", "requests of this name kept failing and rest for a few seconds"),
    "service.fault": ("internal", "a fault of the service; `details.fault` is its id in the log"),
}


def _refusals(root: type[Refusal]) -> list[type[Refusal]]:
    return [kind for child in root.__subclasses__() for kind in (child, *_refusals(child))]


def known() -> dict[str, tuple[str, str]]:
    """Kind and text of every code."""
    for module in iter_modules(errors.__path__, f"{errors.__name__}."):
        import_module(module.name)
    return AROUND | {kind.code: (kind.kind, kind.text) for kind in _refusals(Refusal) if hasattr(kind, "code")}
