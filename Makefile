# Needs Python 3.11 or newer and make, nothing else. `make` lists what there is.

VENV = .venv
PY = $(VENV)/bin/python
PYTHON = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
# Wheels only, each with its hash: nothing is built here, and nothing comes that was not looked at.
INSTALL = $(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all:

.PHONY: help setup demo test test-compose lint types check bench chaos properties lock

help:
	@echo "make demo    the whole path, told in the terminal: simulated press, real workers, a consumer"
	@echo "make test    the whole suite"
	@echo "make test-compose    the stack of docker-compose.yml on this machine's Docker engine: a quarter of an hour"
	@echo "make check   test, and: lint (ruff, import contracts), types (mypy --strict)"
	@echo "make bench   benchmarks, side by side"
	@echo "make chaos   20,000 documents, 300 faults, ledgers compared: an hour or two; CHAOS=\"--documents 500 --faults 40 --seed 7\" for less"
	@echo "make properties    random machines over the storage functions, twenty times as long as in the suite: some minutes"
	@echo "make setup   only build $(VENV); then $(VENV)/bin/newswire --help"
	@echo "make lock    write requirements/ anew from pyproject.toml"

setup: $(VENV)/.runtime

demo: setup
	@$(VENV)/bin/newswire demo

test: $(VENV)/.dev
	@$(PY) -m pytest

test-compose: $(VENV)/.dev
	@$(PY) -m pytest -n 0 --compose tests/compose/test_stack.py

lint: $(VENV)/.dev
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(VENV)/bin/lint-imports

types: $(VENV)/.dev
	$(PY) -m mypy

check: lint types test

bench: $(VENV)/.bench
	$(PY) -m benchmarks

chaos: $(VENV)/.dev
	$(PY) -m tests.chaos $(CHAOS)

properties: $(VENV)/.dev
	$(PY) -m pytest -n 2 --timeout 0 --hypothesis-profile long tests/model/test_*_machine.py tests/model/taken_out_of_machines.py $(PROPERTIES)

lock:
	scripts/lock.sh

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "newswire needs Python 3.11 or newer, and there is none on PATH: install one, or name it: make PYTHON=/path/to/python3 ..."; exit 1; }
	@echo "Building $(VENV) from requirements/runtime.txt: a minute or two, the first time."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) can't make a virtual environment: on Debian install python3-venv."; rm -rf $(VENV); exit 1; }
	@$(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "Adding what the tests need, from requirements/dev.txt."
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.runtime requirements/bench.txt
	@$(INSTALL) --no-deps -r requirements/bench.txt  # the lock is whole; resolving it anew, the pip of Python 3.11 (23) trips over lxml, asked for with html-clean and html_clean
	@touch $@
