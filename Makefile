# What to type. Everything lands in .venv (Python packages) and var (data); both may be thrown away.

# The newest Python of those the locks were made for that can also make a virtual environment. One that was built without
# the interpreter's optimisations, as pyenv does it unless told, comes last: all takes a tenth longer with it.
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
# Distributions build theirs with them, and some do not say so.
DISTRIBUTION := /usr/bin/
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
IS_QUICK := import sys, sysconfig; told = sysconfig.get_config_var("CONFIG_ARGS"); \
	sys.exit(bool(told) and "--enable-optimizations" not in told and sys.base_prefix != "/usr")
ifeq ($(strip $(PYTHON)),)
# Looked for once, when it is asked for.
PYTHON = $(if $(FOUND),,$(eval FOUND := $(shell for wanted in '$(IS_QUICK)' ''; do \
	for name in $(foreach each,$(PYTHONS),$(each) $(DISTRIBUTION)$(each)); do \
		"$$name" -c '$(FITS)' 2>/dev/null && "$$name" -c "$$wanted" && echo "$$name" && exit; done; done)))$(FOUND)
endif

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/made
LOCK_TOOL := uv==0.13.9

.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint format guarantees conformance bench lock schema clean python

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(MADE)  ## make .venv with the locked packages (every other target does it by itself)

$(MADE): requirements-dev.lock pyproject.toml
	@$(MAKE) --no-print-directory python
	@echo "Setting up $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

python:
	@for name in $(or $(PYTHON),$(PYTHONS)); do \
		"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		"$$name" -c 'import venv, ensurepip' 2>/dev/null && exit 0; \
		echo "$$name is new enough, but cannot make virtual environments (its modules venv or ensurepip are missing)."; \
		echo "  Debian, Ubuntu: apt install $$name-venv"; exit 1; \
	done >&2; \
	{ echo "Python 3.11 or newer is needed. Found: $$($(or $(PYTHON),python3) --version 2>/dev/null || echo none)"; \
	  echo "  Debian, Ubuntu: apt install python3 python3-venv   Fedora: dnf install python3   macOS: brew install python"; \
	  echo "  Installed elsewhere? make PYTHON=/path/to/python3 ..."; exit 1; } >&2

run: $(MADE)  ## start the LRS with its own PostgreSQL; data in ./var
	@exec $(BIN)/lrs serve $(ARGS)

demo: $(MADE)  ## the LRS with three simulated school years loaded, and what to ask it; data in ./var/demo
	@exec $(BIN)/lrs demo $(ARGS)

test: $(MADE)  ## the whole test suite, by two workers; by one with ARGS="tests/xapi -x" for some of it
	@exec $(BIN)/python -m pytest $(or $(ARGS),-n 2)

lint: $(MADE)  ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(MADE)  ## lay out the code and mend what can be mended by rule
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

guarantees: $(MADE)  ## the long runs behind the promises: make guarantees ID=R-03 LOOPS=50 SEED=7; without ID all
	@exec $(BIN)/python -m tests.guarantees.run $(if $(ID),--id "$(ID)") $(if $(LOOPS),--loops "$(LOOPS)") \
		$(if $(SEED),--seed "$(SEED)") $(if $(RESUME),--resume "$(RESUME)") $(ARGS)

conformance: $(MADE)  ## the public suite against two workers: make conformance SUITE=DIR
	@test -n "$(SUITE)" || { echo "Say where the suite is: make conformance SUITE=DIR" >&2; exit 2; }
	@exec $(BIN)/python -m tests.conformance.run "$(SUITE)" $(ARGS)

bench: $(MADE)  ## the benchmark, into reports/: QUICK=1 for minutes, BASE=FILE.json to compare, ARGS=
	@exec $(BIN)/python -m tests.bench.run $(if $(QUICK),--quick) $(if $(BASE),--base "$(BASE)") $(ARGS)

lock: python  ## choose the newest versions that pyproject.toml allows and write both locks
	@"$(PYTHON)" -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check '$(LOCK_TOOL)'
	@for lock in requirements requirements-dev; do \
		group=; test $$lock = requirements || group='--group dev --constraints requirements.lock'; \
		.venv-lock/bin/uv pip compile pyproject.toml $$group --quiet --upgrade --universal --python-version 3.11 \
			--generate-hashes --no-header --no-annotate --output-file $$lock.new || exit 1; \
		{ echo "# Written by 'make lock' from pyproject.toml, for Python 3.11 to 3.14 on every platform. Do not edit."; \
		  cat $$lock.new; } > $$lock.lock && rm $$lock.new || exit 1; \
	done
	@rm -rf .venv-lock

schema: $(MADE)  ## write lrs/storage/schema.sql, the sum of the migrations
	@exec $(BIN)/python -m lrs.storage.schema

clean:  ## remove what was made, but neither data (./var) nor locks
	@rm -rf $(VENV) .venv-lock build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	@find lrs projections tests -name __pycache__ -type d -prune -exec rm -rf {} +
