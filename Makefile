# Every command a person or CI needs. `make help` prints the lines marked with ##.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
# What needs neither a database nor a server.
FAST := tests/unit tests/catalogue tests/architecture tests/payout_files tests/golden
# The reference material lies beside the repository; nothing in it is needed to run the service.
BOKBRO_REFERENCE ?= ../shared/reference
DIR ?= $(BOKBRO_REFERENCE)/fortnox/examples

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1|/' | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done

# The locks carry hashes, so an install that is not exactly the tested one fails.
$(BIN)/.runtime-installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Bokbro needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.dev-installed: requirements-dev.lock $(BIN)/.runtime-installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: install
install: $(BIN)/.runtime-installed ## Install what the service needs into .venv

.PHONY: demo
demo: install ## A Swedish shop's month becomes booked, paid invoices (ONCE=1: exit after the table)
	@$(BIN)/python -m app.cli demo $(if $(ONCE),--once)

.PHONY: cases
cases: install ## Run worked cases through the real path into the sandbox's books (FILE=…, CHART=other)
	@$(BIN)/python -m sandbox.cases $(FILE) $(if $(CHART),--chart $(CHART))

.PHONY: story
story: install ## Play order histories through the whole product and compare their outcome (FILE=file or folder)
	@$(BIN)/python -m sandbox.stories $(FILE)

.PHONY: payouts
payouts: install ## Import settlement files into the emulators and compare their outcome (FILE=file or folder)
	@$(BIN)/python -m sandbox.payout_cases $(FILE)

.PHONY: serve
serve: install ## Start the service alone, with its own PostgreSQL unless DATABASE_URL is set
	@$(BIN)/python -m app.cli serve

.PHONY: lint
lint: $(BIN)/.dev-installed ## Check style and form
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(BIN)/.dev-installed ## Check the types of everything
	@$(BIN)/mypy

.PHONY: test-fast
test-fast: $(BIN)/.dev-installed ## The tests that need no database and no server, in under a minute
	@$(BIN)/python -m pytest -q -n logical --maxprocesses 8 --dist loadfile $(FAST)

.PHONY: test
test: ## Check style and types, then run every test (T=path: only these tests)
ifdef T
test: $(BIN)/.dev-installed
	@$(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(T)
else
test: lint types
	@$(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
endif

.PHONY: weeks
weeks: $(BIN)/.dev-installed ## Play weeks by chance against the books' model (WEEKS=100 WEEK=first seed MUTANT=broken protection)
	@BOKBRO_WEEKS=$(or $(WEEKS),100) BOKBRO_WEEK=$(or $(WEEK),1) BOKBRO_MUTANT=$(MUTANT) $(BIN)/python -m pytest -q -n logical --maxprocesses 8 tests/weeks/test_weeks.py -k bookkeeper

.PHONY: planted
planted: $(BIN)/.dev-installed ## Break every protection in turn and see the tests notice (ONLY=name; WRITE=1 writes the page)
	@$(BIN)/python -m tests.planted $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write)

.PHONY: chaos
chaos: $(BIN)/.dev-installed ## Kill, freeze and starve a real fleet, then compare its books (SEED=, ORDERS=, MODE=, BROKER=)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(ORDERS),--orders $(ORDERS)) $(if $(MODE),--mode $(MODE)) $(if $(BROKER),--broker $(BROKER)) $(if $(WITHOUT),--without $(WITHOUT))

.PHONY: bench
bench: $(BIN)/.dev-installed ## Measure speed and cost against controls in one run (ONLY="row …", QUICK=1, JSON=file)
	@QUICK=$(QUICK) $(BIN)/python -m bench.orders $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

.PHONY: replay
replay: $(BIN)/.dev-installed ## Replay recorded Fortnox traffic against the emulator (DIR=folder of rec-*.json)
	@$(BIN)/python -m sandbox.fidelity.replaying $(DIR)

.PHONY: format
format: $(BIN)/.dev-installed ## Bring the code into the house's form
	@$(BIN)/ruff check --fix-only --quiet . || true
	@$(BIN)/ruff format .

.PHONY: lock
lock: ## Renew the hashed lock files (needs uv; writes no index address)
	uv pip compile pyproject.toml --group build --extra embedded --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal -o requirements.lock
	uv pip compile pyproject.toml --group dev --extra embedded -c requirements.lock --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal -o requirements-dev.lock

.PHONY: clean
clean: ## Remove .venv and the embedded database
	rm -rf $(VENV) .bokbro
