# `make repro` runs the whole project, `make test` proves it; both set up .venv first. `make bench` measures it beside its
# peers, in .venv-bench.
PYTHON ?= python3
PYTEST ?= pytest
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_WAIT_POLICY := passive

.PHONY: repro test dashboard lab lock texts screenshots bench bench-env bench-lock

repro: $(VENV)/.ready
	@ordercast repro

test: $(VENV)/.ready
	@.ci/browser
	ruff check . && ruff format --check . && mypy
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder

dashboard: $(VENV)/.ready
	@ordercast dashboard

lab: $(VENV)/.ready
	jupyter lab notebooks

# Ordercast beside its peers, each in short form; for longer ones see the README.
bench: bench-env
	$(MEASURE) -m benchmarks.accuracy simulated --max-series 60 --json reports/benchmarks/accuracy.json
	$(MEASURE) -m benchmarks.speed --series 1000 --json reports/benchmarks/speed.json
	$(MEASURE) -m benchmarks.scale --products 250 500 1000 --json reports/benchmarks/scale.json
	$(MEASURE) -m benchmarks.orders --products 60 --json reports/benchmarks/orders.json
	$(MEASURE) -m benchmarks.planning --products 1000 --json reports/benchmarks/planning.json

bench-env: $(BENCH)/.ready

MEASURE = PYTHONPATH=$(CURDIR)/src $(BENCH)/bin/python

# The peers want another pandas, hence an environment of their own; Ordercast runs in it from src.
$(BENCH)/.ready: benchmarks/requirements.lock
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv --clear $(BENCH)
	if command -v uv >/dev/null; then \
	  VIRTUAL_ENV=$(BENCH) uv pip install -q --compile-bytecode --require-hashes -r benchmarks/requirements.lock ; \
	else \
	  $(BENCH)/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r benchmarks/requirements.lock ; \
	fi
	@touch $@

NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ordercast needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make repro PYTHON=python3.12")'

# The versions of requirements.lock, hash-checked: with uv where it is installed, with pip otherwise. Bytecode is compiled
# here (pip does so by itself): a stage is a process, and without it half its time goes into compiling what it imports.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv --clear $(VENV)
	if command -v uv >/dev/null; then \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --compile-bytecode --require-hashes -r requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@$(BIN)/python -m compileall -q src
	@touch $@

# The pictures of README and docs, of the run that is published here.
screenshots: $(VENV)/.ready
	@.ci/browser
	python -m benchmarks.screenshots

# After a change of texts: the catalogue of each language gets what is new, loses what is gone; then translate the rest.
LOCALE := src/ordercast/locale
texts:
	pybabel -q extract -F pyproject.toml --no-default-keywords -k "_ phrase say gettext count:1,2 ngettext:1,2" \
	  --no-location --omit-header --sort-output --no-wrap -o $(LOCALE)/texts.pot src/ordercast
	for catalogue in $(LOCALE)/*.po; do \
	  pybabel -q update -i $(LOCALE)/texts.pot -o $$catalogue -l $$(basename $$catalogue .po) \
	    --omit-header --no-fuzzy-matching --ignore-obsolete --no-wrap || exit 1 ; \
	done
	rm $(LOCALE)/texts.pot

# After a change of versions in pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --universal -q -o requirements.lock

# After a change of benchmarks/requirements.in (needs uv).
bench-lock:
	uv pip compile benchmarks/requirements.in --generate-hashes --no-header --universal -q -o benchmarks/requirements.lock
