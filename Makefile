# symmeter: `make demo` shows the main job on real data, `make test` checks everything.
# Both set up .venv inside this folder and touch nothing outside it (package and compiler caches aside).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/ci.lock
# The first Python on the path that is 3.11 or newer; override with `make PYTHON=/path/to/python test`.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Tests run in several processes already: more BLAS threads than cores only slow them down.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

# matplotlib keeps its font list here and not in the home folder.
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

.PHONY: help demo test lint types layers docs pytest slow bench peers lock clean

help:
	@echo "make demo    the main job on bundled real data, one HTML report"
	@echo "make test    lint, types, layers, docs and tests"
	@echo "make bench   the benchmark table (one thread)"
	@echo "make docs    the documentation site, into site/"
	@echo "make slow    the long reproductions that make test leaves out"
	@echo "make peers   install the development-only peers for agreement tests and benchmarks"
	@echo "make clean   remove everything that make made"

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer is on the path; on Debian: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "error: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml $(LOCK)
	@echo "installing symmeter and what the examples need"
	@$(PIP) -c $(LOCK) -e ".[examples,plot]"
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml $(LOCK)
	@echo "installing symmeter and what the tests need"
	@$(PIP) -c $(LOCK) -e ".[dev]"
	@touch $@ $(VENV)/.demo

$(VENV)/.peers: $(VENV)/.dev
	@$(PIP) -c $(LOCK) -e ".[dev,peers]"
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/python examples/demo.py

test: lint types layers docs pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/basedpyright --level error

layers: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/.dev
	$(BIN)/zensical build --clean --strict

pytest: $(VENV)/.dev
	$(ONE_THREAD) $(BIN)/python -m pytest -n auto --dist worksteal

slow: $(VENV)/.dev
	$(ONE_THREAD) $(BIN)/python -m pytest -m slow

bench: $(VENV)/.peers
	$(ONE_THREAD) $(BIN)/python -m pytest benchmarks -o addopts= -q --benchmark-only --benchmark-quiet

peers: $(VENV)/.peers

# Rewrites the lock from what pip chooses today, in an environment of its own.
lock: $(VENV)/.made
	@rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet ".[dev,peers]" torch==2.13.0
	@{ echo "# Exact versions for CI and make; rewrite with: make lock"; \
		$(VENV)-lock/bin/python -m pip --disable-pip-version-check freeze --exclude symmeter | sed 's/+cpu$$//'; } > $(LOCK)
	@rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-lock site build dist reports .cache .pytest_cache .ruff_cache .hypothesis .benchmarks examples/data/*.npy
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
