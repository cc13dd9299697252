.DEFAULT_GOAL := help
.PHONY: help setup demo test test-faults format bench sbom audit bundle lock clean

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.setup-done

# Tests start hundreds of processes: each would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

# The version that writes the lock files. It is needed only by `make lock`.
UV_VERSION := 0.13.8

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## create .venv with the pinned dependencies

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "fundtrail needs Python 3.11 or later, and '$(PYTHON)' is not. Try: make setup PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --no-index --no-build-isolation --no-deps --editable .
	@# pip compiles what it copies, and this is not copied: the tests would begin with three processes compiling it.
	-@$(BIN)/python -m compileall -q domain projections adapters api verifier scripts tests/support
	@touch $@

demo: setup ## serve an example ledger on PORT (default 8000)
	$(BIN)/fundtrail demo --port $(PORT)

test: setup ## check format, style, imports and types, and run the tests
	@echo "== format"
	@$(BIN)/ruff format --check .
	@echo "== style"
	@$(BIN)/ruff check .
	@echo "== imports"
	@$(BIN)/lint-imports
	@echo "== tests, and types beside them"
	@# mypy keeps one processor busy for half a minute where it finds no cache, as in a new clone.
	@# Three processes on two processors: some tests wait. At full length two, since some measure times.
	@said=$$(mktemp); $(BIN)/mypy > $$said 2>&1 & checking=$$!; \
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$checking; types=$$?; echo "== types"; cat $$said; rm -f $$said; \
	exit $$((tests || types))

test-faults: setup ## run every test at its full length, those of faults above all
	FUNDTRAIL_TEST_FAULTS=full $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -raP

format: setup ## format the code and apply the safe fixes
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup ## run the benchmarks, those against peers too
	$(BIN)/python -m benchmarks

SBOM := dist/fundtrail.cdx.json

sbom: setup ## write what is shipped to dist/ (CycloneDX JSON; without a network)
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-format JSON --spec-version 1.6 --output-file $(SBOM)

AUDIT ?=

audit: setup ## look up known vulnerabilities (AUDIT="--osv-url URL" for a copy of the service)
	$(BIN)/python -m scripts.audit_dependencies $(AUDIT)

bundle: setup ## pack an installation for networks without a registry into dist/bundle
	$(BIN)/python -m scripts.build_bundle

lock: ## raise the pinned versions in requirements/
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.venv-lock/bin/uv pip compile pyproject.toml $(LOCK_OPTIONS) --output-file requirements/runtime.txt
	.venv-lock/bin/uv pip compile pyproject.toml --group dev --constraints requirements/runtime.txt \
	  $(LOCK_OPTIONS) --output-file requirements/dev.txt
	.venv-lock/bin/uv pip compile --group pyproject.toml:build --constraints requirements/dev.txt --python-version 3.11 \
	  $(LOCK_OPTIONS) --output-file requirements/build.txt
	.venv-lock/bin/uv pip compile --group pyproject.toml:peers --python-version 3.11 \
	  $(LOCK_OPTIONS) --output-file requirements/peers.txt

LOCK_OPTIONS := --quiet --universal --upgrade --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock"

clean: ## remove the environment and everything generated
	rm -rf .venv .venv-lock .bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
