"""Apps: create, update, get, search, delete."""

from contracts.apps import AppPage
from handlers.coded import CodedNoun, coded_handlers
from handlers.handler import Handlers

APP = CodedNoun("app", AppPage, lambda unit: unit.apps)

HANDLERS: Handlers = coded_handlers(APP)
