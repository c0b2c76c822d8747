# Everything runs from here. `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help docs-api venv demo demo-compose test test-fast test-all lint format lock bench bench-load bench-serve bench-check bench-scaling bench-capacity bench-durations bench-start bench-gameday mutants clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "error: Python 3.11 or newer is needed, this is %s\nhint: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@$(PYTHON) -m harness.provision.packages $(VENV) $(if $(filter demo test test-all,$(MAKECMDGOALS)),--platform)
	@touch $(READY)

venv: $(READY) ## Make the virtual environment, and nothing else

demo: $(READY) ## First verdict: a gateway outage under load, on real parts
	@$(BIN)/python -m harness.provision
	@$(BIN)/faultline run primary_gateway_outage

demo-compose: $(READY) ## The same verdict, on containers (needs Docker; builds the images the first time)
	@$(BIN)/faultline run primary_gateway_outage --target compose

lint: $(READY) ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(READY) ## All tests, with a chosen set of end-to-end scenarios and planted bugs (it says which were left out)
	$(BIN)/python -m tests.parts

test-fast: $(READY) ## Everything that starts no platform
	$(BIN)/python -m pytest -m "not e2e and not thorough"

test-all: $(READY) ## Every scenario and every planted bug, several seeds each (long; prints its progress)
	@$(BIN)/python -m harness.provision
	$(BIN)/python -m pytest -m thorough
	$(BIN)/python -m benchmarks.soak

bench: bench-load bench-serve bench-check ## All benchmarks

bench-load: $(READY) ## The load generator beside Locust's FastHttpUser
	$(BIN)/python -m benchmarks.load

bench-serve: $(READY) ## Payments for the processor time of all processes, and idle cost, beside an earlier revision
	$(BIN)/python -m benchmarks.serve

bench-scaling: $(READY) ## The load with 1, 2 and 4 workers, each on a host of its own (needs root: network namespaces)
	$(BIN)/python -m benchmarks.scaling

bench-capacity: $(READY) ## The search for a limit: 200 searches of simulated queues whose limit is known, beside a step ramp
	$(BIN)/python -m benchmarks.capacity

bench-check: $(READY) ## All invariants over 100 k and 1 M operations, beside an earlier revision
	$(BIN)/python -m benchmarks.check

bench-durations: $(READY) ## How long all scenarios take, beside an earlier revision (about half an hour)
	$(BIN)/python -m benchmarks.durations

bench-start: $(READY) ## From a clean clone to the first verdict, beside an earlier revision (fetches all packages)
	$(BIN)/python -m benchmarks.start

bench-gameday: $(READY) ## A game day's cost at 20 payments/s, and the time from a stop to everything healed, over 20 stops
	$(BIN)/python -m benchmarks.gameday

mutants: $(READY) ## The mutation score: small faults in the platform, and which of them are caught (many hours; goes on where it was)
	@$(BIN)/python -m harness.provision
	$(BIN)/faultline mutants --sample 150 --seed $(or $(SEED),20261203) --resume

format: $(READY) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## Lock the dependencies again, with hashes
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --extra dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate tests/kubernetes/requirements.txt -o tests/kubernetes/requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate tests/strangers/requirements.txt -o tests/strangers/requirements.lock

docs-api: $(READY) ## Write the API's OpenAPI document to docs/openapi.json
	$(BIN)/python -m system.api.openapi docs/openapi.json

clean: ## Remove what was built; stored runs stay
	@if [ -x $(BIN)/faultline ]; then $(BIN)/faultline down; fi
	rm -rf $(VENV) .faultline build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
