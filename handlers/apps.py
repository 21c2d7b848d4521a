"""The apps: create, update, get, search, delete."""

from contracts.apps import AppPage
from handlers.deps import Handlers
from handlers.rows import Noun, verbs

APP = Noun("app", AppPage, lambda unit: unit.apps)

HANDLERS: Handlers = verbs(APP)
