# Two commands: `make repro` runs the whole project, `make test` proves it. Both set up .venv first.
PYTHON ?= python3
PYTEST ?= pytest
VENV   := .venv
BIN    := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_WAIT_POLICY := passive

.PHONY: repro test dashboard lab lock

repro: $(VENV)/.ready
	@ordercast repro

test: $(VENV)/.ready
	@.ci/browser
	ruff check . && ruff format --check . && mypy
	$(PYTEST)

dashboard: $(VENV)/.ready
	@ordercast dashboard

lab: $(VENV)/.ready
	jupyter lab notebooks

# The versions of requirements.lock, hash-checked: with uv where it is installed, with pip otherwise.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ordercast needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make repro PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	if command -v uv >/dev/null; then \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --require-hashes -r requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# After a change of versions in pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --universal -q -o requirements.lock
