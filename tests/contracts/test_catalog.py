"""The catalogue is what the nouns' modules say, each name once."""

from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

import pytest

import contracts
from contracts import catalog
from contracts.base import Command, Deleted, Request, View
from contracts.catalog import CATALOG, EVENTS, FAMILIES, names
from contracts.search import Page
from contracts.tokens import TokenView
from contracts.user_views import UserView
from contracts.users import CreateUser

MODULES = [import_module(f"contracts.{found.name}") for found in iter_modules(contracts.__path__)]
NOUNS = [module for module in MODULES if hasattr(module, "FAMILY")]


async def ask(request: Request[View]) -> View:
    return request.reply_type().model_construct()


async def test_a_request_names_the_type_of_its_reply() -> None:
    request: Request[UserView] = CreateUser(username="ada")  # mypy holds this line
    assert isinstance(await ask(request), UserView)
    assert CATALOG["user.delete"].reply is Deleted
    assert CATALOG["token.search"].reply is Page[TokenView]


def test_a_class_that_names_no_reply_is_refused_by_the_catalogue() -> None:
    with pytest.raises(TypeError, match="Command names no reply"):
        Command.reply_type()


def test_every_name_is_listed_by_one_module() -> None:
    requests = Counter(name for module in NOUNS for name in module.REQUESTS)
    events = Counter(name for module in MODULES if module is not catalog for name in getattr(module, "EVENTS", {}))
    assert [name for name, count in (requests + events).items() if count > 1] == []
    assert requests.keys() | {f"health.{family}" for family in FAMILIES} == CATALOG.keys()
    assert events.keys() == EVENTS.keys()
    assert len(NOUNS) == len([module for module in MODULES if hasattr(module, "REQUESTS")])


def test_every_request_is_taken_by_one_queue_of_its_family() -> None:
    assert names("account", commands=False) == [
        "account.list", "account.resolve", "integration.get", "integration.search", "webhook.get", "webhook.search",
        "webhook.deliveries", "health.account",
    ]  # fmt: skip
    bound = [name for family in FAMILIES for commands in (True, False) for name in names(family, commands=commands)]
    assert sorted(bound) == sorted(CATALOG)
    assert (CATALOG["user.create"].queue, CATALOG["user.get"].queue) == ("userbus.user", "userbus.user.queries")


def test_what_differs_from_the_rule_is_told_by_the_class() -> None:
    assert {name for name, entry in CATALOG.items() if not entry.is_reversible} == {"sms.send_code"}
    assert {name for name, entry in CATALOG.items() if entry.max_body > 64 * 1024} == {
        "user.import", "user.check_import",
    }  # fmt: skip
