# The verbs of userbus; `make` alone lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/installed
MONOLITH := .venv/bench/installed
MUTANTS := .venv/mutants/installed
TOOLS := .venv/contracts/installed
CLIENTS := .venv/clients/installed
AMQP1 := .venv/amqp1/installed
RABBITMQ_4 := $(or $(USERBUS_AMQP_URL),$(filter docker,$(USERBUS_DEVSTACK)))
EXAMPLES := .venv/examples/installed
SITE := .venv/site/installed
BROWSER := .venv/browser/installed
STATIC := tests/contracts $(wildcard tests/test_*.py)

# pytest keeps the tests that it has rewritten; without that every process rewrites all of them, for 4 seconds
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help up test mutants faults faults-cluster contracts clients examples browser bench check format docs site wheels clean

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

up: $(INSTALLED) ## run RabbitMQ, MongoDB, a worker and the bridge until Ctrl-C
	@$(BIN)/python -m devstack up

test: $(INSTALLED) ## run the tests, on servers of their own; ARGS=<options of pytest>
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

faults: $(INSTALLED) ## break things on servers of its own and count what is lost, some 20 minutes; ARGS=<options of pytest>
	@FAULTS_FULL=1 $(BIN)/python -m pytest tests/faults $(ARGS)

faults-cluster: $(INSTALLED) ## lose nodes of a cluster of 3 + 3 servers of its own and count, some 20 minutes; ARGS=<options of pytest>
	@FAULTS_CLUSTER=1 $(BIN)/python -m pytest tests/cluster $(ARGS)

contracts: $(INSTALLED) $(TOOLS) ## check the contracts with the official tools of their formats, from npm and PyPI; needs Node.js 20
	@CONTRACT_TOOLS=$(dir $(TOOLS)) $(BIN)/python -m pytest tests/official_tools $(ARGS)

clients: $(INSTALLED) $(CLIENTS) $(if $(RABBITMQ_4),$(AMQP1)) ## send requests with other clients; those of AMQP 1.0 need RabbitMQ 4, by USERBUS_AMQP_URL or USERBUS_DEVSTACK=docker
	@CLIENTS_INSTALLED=$(dir $(CLIENTS)) $(if $(RABBITMQ_4),AMQP1_PYTHON=$(dir $(AMQP1))bin/python) \
		$(BIN)/python -m pytest tests/other_clients tests/amqp1 $(ARGS)

examples: $(INSTALLED) $(EXAMPLES) ## run the example services that are not in Python; needs Node.js 20, PHP and Java with their clients
	@EXAMPLES_INSTALLED=$(dir $(EXAMPLES)) $(BIN)/python -m pytest tests/examples/test_node.py tests/examples/test_php.py tests/examples/test_java.py \
		tests/examples/test_documented_program.py $(ARGS)

browser: $(INSTALLED) $(BROWSER) ## open the console's pages in Chromium; needs Node.js 20 and Debian's chromium
	@BROWSER_TOOLS=$(dir $(BROWSER)) $(BIN)/python -m pytest tests/bridge/console/test_in_browser.py $(ARGS)

bench: $(INSTALLED) $(MONOLITH) ## measure speed and memory beside other systems, some 10 minutes; ARGS=--quick for a smoke test
	@$(BIN)/python -m bench $(ARGS)

mutants: $(INSTALLED) $(MUTANTS) ## change what guards, line by line, and count what no test notices, some 10 minutes; ARGS=<options of mutmut run>
	@rm -rf mutants
	@.venv/mutants/bin/mutmut run $(ARGS)
	@.venv/mutants/bin/python -m tests.support.mutants

check: $(INSTALLED) ## everything that needs no server: style, types, import rules, sizes, names, generated documents
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q $(STATIC)

format: $(INSTALLED) ## rewrite the source in the one style
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

docs: $(INSTALLED) ## write the generated documents: docs/bus and docs/metrics.md
	@$(BIN)/python -m worker.asyncapi
	@$(BIN)/python -m tests.support.metrics_page

site: $(INSTALLED) $(SITE) ## make the documents a site that needs no network, with every link checked; OUT=<folder>, by default .local/site
	@$(BIN)/python -m tests.support.reference_pages
	@$(dir $(SITE))bin/sphinx-build -q -W --keep-going -c docs/site -d .venv/site/pages . $(or $(OUT),.local/site)
	@SITE=$(or $(OUT),.local/site) $(BIN)/python -m pytest -q tests/site

wheels: $(INSTALLED) ## build the wheels of userbus, userbus-client and userbus-testing; DIST=<folder>, by default dist
	@$(BIN)/python -m pip --disable-pip-version-check wheel --no-deps --no-build-isolation --no-index --wheel-dir $(or $(DIST),dist) . ./client ./testing

clean: ## remove .venv and caches; data in .local stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later was not found: install it, or name it: make PYTHON=<path> <verb>' >&2; exit 1; }
	@$(PYTHON) -m devstack.install $(MAKECMDGOALS)

$(MONOLITH): requirements/bench.txt | $(INSTALLED)
$(AMQP1): requirements/amqp1.txt | $(INSTALLED)
$(SITE): requirements/site.txt | $(INSTALLED)
$(MONOLITH) $(AMQP1) $(SITE):
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

$(TOOLS): requirements/contracts.txt $(wildcard tests/official_tools/package*.json) | $(INSTALLED)
$(CLIENTS): requirements/clients.txt $(wildcard tests/other_clients/package*.json) | $(INSTALLED)
$(TOOLS) $(CLIENTS):
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@cp $(filter %.json,$^) $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(EXAMPLES): $(wildcard examples/node/*.json examples/node/src/*.ts docs/bus/schemas/*user.*.json) | $(INSTALLED)
	@rm -rf $(@D) && mkdir -p $(@D)/node
	@cp -r examples/node/*.json examples/node/src $(@D)/node
	@cd $(@D)/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && \
		SCHEMAS=$(CURDIR)/docs/bus/schemas npm run --silent build
	@touch $@

$(BROWSER): $(wildcard tests/bridge/console/browser/*.json) | $(INSTALLED)
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# mutmut runs the tests in its own process: it finds the packages of .venv behind its own
$(MUTANTS): requirements/mutants.txt | $(INSTALLED)
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@echo "$(realpath $(wildcard .venv/lib/python*/site-packages))" >$(@D)/$$(cd $(@D) && echo lib/python*/site-packages)/zz_parent.pth
	@touch $@
