# Everything starts here; no environment needs to be active. Works with GNU make 3.81 (macOS).
#   make demo   the sample export, start to finish        make dev     the UI, watching data/uploads
#   make test   the tests      make check  format, lint, types      make status  state of uploads

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 3000
BIN    := $(VENV)/bin

.PHONY: demo dev status install test quick check format bench soak pictures pins clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n 's/^#  *make/  make/p' Makefile

# --- the environment ------------------------------------------------------------------------------
# One stamp for each set of requirements, so that `make demo` installs no test tools and a second
# `make` installs nothing. An interrupted installation leaves no stamp and is repeated.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "movie_pipeline needs Python 3.11 or newer; found: $$($(PYTHON) --version 2>&1)."; \
	  echo "Install it and run, for instance:  make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python has no venv module. On Debian and Ubuntu:  sudo apt-get install -y python3-venv"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.run: pyproject.toml setup.cfg constraints.txt | $(BIN)/python
	@echo "Installing the pinned dependencies into $(VENV) (a minute or two, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@$(BIN)/python -m compileall -q movie_pipeline  # as pip does, except for an editable package
	@touch $@

$(VENV)/.develop: $(VENV)/.run
	@echo "Installing the test tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]'
	@$(BIN)/python -m compileall -q movie_pipeline_tests
	@touch $@

# --- using it -------------------------------------------------------------------------------------

demo: $(VENV)/.run
	@$(BIN)/movie-pipeline demo

dev: $(VENV)/.run
	@$(BIN)/movie-pipeline dev --port $(PORT)

status: $(VENV)/.run
	@$(BIN)/movie-pipeline status

# For CI (docs/enrich-in-ci.yml); the targets above do this automatically.
install: $(VENV)/.run

# --- working on it --------------------------------------------------------------------------------

test: $(VENV)/.develop
	@$(BIN)/python -m pytest -n auto --dist loadgroup

quick: $(VENV)/.develop
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow"

check: $(VENV)/.develop
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.develop
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.develop
	@$(BIN)/python -m movie_pipeline_tests.benchmarks

# The long proofs on real processes: bursts, backfills, kill -9, held warehouses, full disks; and
# Hypothesis with random examples. In `make test` its examples are the same each time.
soak: $(VENV)/.develop
	@$(BIN)/python -m movie_pipeline_tests.soak

# Takes the README's picture of the sample page in headless Chromium.
pictures: $(VENV)/.develop
	@$(BIN)/python -m movie_pipeline_tests.pictures

# Updates constraints.txt to the newest versions that fit pyproject.toml, without any URLs.
pins:
	@rm -rf .pins && $(PYTHON) -m venv .pins
	@.pins/bin/python -m pip install --quiet --disable-pip-version-check \
	  "duckdb==1.5.5" async-timeout -e '.[test,check]'
	@{ sed -n '/^#/p;/^[^#]/q' constraints.txt; \
	   .pins/bin/python -m pip freeze --exclude-editable --exclude movie-pipeline; } > .pins/new
	@mv .pins/new constraints.txt && rm -rf .pins

clean:
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
