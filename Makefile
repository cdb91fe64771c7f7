# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test check bench fuzz format clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY)  ## the package with all extras and the tools, in .venv

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/need python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	@touch $@

demo: setup  ## examples/github.py without Kafka: real HTTP in, each handler's result out
	$(BIN)/python scripts/demo

test: setup  ## everything: ruff, mypy, every test, with a real Kafka broker
	scripts/need java mvn npm
	scripts/kafka-jars
	scripts/octokit-payloads
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --scripts-are-modules scripts/demo
	$(BIN)/python -m pytest

check: setup  ## the quick part: ruff, mypy, the tests that need no broker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --scripts-are-modules scripts/demo
	$(BIN)/python -m pytest -m 'not kafka'

bench: setup  ## side by side with other clients and frameworks: ratios, CPU per event
	scripts/need java mvn npm
	scripts/kafka-jars
	scripts/octokit-payloads
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks routing

CASES ?= 100000
SEED  ?= 0

fuzz: setup  ## the long form of the seeded comparisons: make fuzz CASES=100000 SEED=0
	FUZZ_CASES=$(CASES) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest --timeout=7200 \
	    tests/mister_webhooks/test_envelope.py tests/mister_webhooks_router/routing/test_filter_oracle.py

format: setup  ## ruff's formatter and its safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## forget .venv and every cache
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
