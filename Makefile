# The verbs of userbus; `make` alone lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help up test faults check format docs clean

help: ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

up: $(INSTALLED) ## run RabbitMQ, MongoDB, a worker and the bridge until Ctrl-C
	@$(BIN)/python -m devstack up

test: $(INSTALLED) ## run the tests, on servers of their own; ARGS=<options of pytest>
	@$(BIN)/python -m pytest $(ARGS)

faults: $(INSTALLED) ## break things on servers of its own and count what is lost, some 20 minutes; ARGS=<options of pytest>
	@FAULTS_FULL=1 $(BIN)/python -m pytest tests/faults $(ARGS)

check: $(INSTALLED) ## style, types and import rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## rewrite the source in the one style
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

docs: $(INSTALLED) ## write the generated documents of the bus into docs/bus
	@$(BIN)/python -m handlers.documents

clean: ## remove .venv and caches; data in .local stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later was not found: install it, or name it: make PYTHON=<path> <verb>' >&2; exit 1; }
	@$(PYTHON) -m devstack.install
