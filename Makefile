# Everything starts here; no environment needs to be active. Works with GNU make 3.81 (macOS), and
# installs with uv where it is on the PATH, else with pip (also with UV= on the command line).
#   make demo   the sample export, start to finish        make dev     the UI, watching data/uploads
#   make test   the tests      make check  format, lint, types      make status  state of uploads
#   make dist   wheel and sdist      make docs  the documentation as a site, in build/site

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 3000
BIN    := $(VENV)/bin
UV     ?= $(shell command -v uv 2>/dev/null)

.PHONY: demo dev status install test test-cluster quick check format bench soak pictures
.PHONY: dist docs notes lowest newest pins clean
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
ifeq ($(UV),)
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python has no venv module. On Debian and Ubuntu:  sudo apt-get install -y python3-venv"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
else
	@$(UV) venv --quiet --seed --python $(PYTHON) $(VENV) || { rm -rf $(VENV); exit 1; }
endif

# Nothing is compiled here: the first run compiles the quarter that it imports, in a tenth of the
# time. Containers often forbid Python to keep that, and every process would compile it again.
unexport PYTHONDONTWRITEBYTECODE
ifeq ($(UV),)
INSTALL = $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check
else
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
endif

$(VENV)/.run: pyproject.toml setup.cfg constraints.txt | $(BIN)/python
	@echo "Installing the pinned dependencies into $(VENV) (up to a minute, once) …"
	@$(INSTALL) -c constraints.txt -e .
	@touch $@

$(VENV)/.develop: $(VENV)/.run
	@echo "Installing the test tools into $(VENV) …"
	@$(INSTALL) -c constraints.txt -e '.[test,check,cluster]'
	@# Tests start many processes at once, and each would compile what it imports.
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib movie_pipeline movie_pipeline_tests >/dev/null || true
	@touch $@

$(VENV)/.docs: $(VENV)/.run
	@$(INSTALL) -c constraints.txt -e '.[docs]'
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
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not cluster"

# Real PostgreSQL, RabbitMQ and Redis, and namespaces as machines; needs root and their packages.
test-cluster: $(VENV)/.develop
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m cluster

quick: $(VENV)/.develop
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow and not cluster"

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

# --- handing it out -------------------------------------------------------------------------------

# The sdist is made from the files in the folder, and the wheel from the sdist.
dist: $(VENV)/.develop
	@rm -rf dist movie_pipeline.egg-info
	@$(BIN)/python -m build --no-isolation --outdir dist .

# The site in build/site, with the page of a demo; broken links are errors.
docs: $(VENV)/.docs
	@$(BIN)/python -m movie_pipeline_tests.docs_site

# What CHANGELOG.md says about the version in pyproject.toml; VERSION= checks that it is that one.
notes:
	@$(PYTHON) .ci/notes $(VERSION)

# The demo and the quick tests with the lowest versions of pyproject.toml, and with the newest.
lowest: RESOLUTION = lowest-direct
newest: RESOLUTION = highest
lowest newest:
	@test -n "$(UV)" || { echo "This needs uv, which can choose the lowest versions: pip install uv"; exit 1; }
	@$(UV) venv --quiet --clear --seed --python $(PYTHON) $(VENV)-$@
	@$(UV) pip install --quiet --python $(VENV)-$@/bin/python \
	  --resolution $(RESOLUTION) -e '.[test]'
	@$(VENV)-$@/bin/movie-pipeline demo
	@$(VENV)-$@/bin/python -m pytest -n auto --dist loadgroup -m "not slow and not cluster"

# Updates constraints.txt to the newest versions that fit pyproject.toml, without any URLs.
pins:
	@rm -rf .pins && $(PYTHON) -m venv .pins
	@.pins/bin/python -m pip install --quiet --disable-pip-version-check \
	  "duckdb==1.5.5" async-timeout -e '.[test,check,cluster,kubernetes,docs]'
	@{ sed -n '/^#/p;/^[^#]/q' constraints.txt; \
	   .pins/bin/python -m pip freeze --all --exclude-editable --exclude movie-pipeline --exclude pip; } > .pins/new
	@mv .pins/new constraints.txt && rm -rf .pins

clean:
	@rm -rf $(VENV) $(VENV)-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
