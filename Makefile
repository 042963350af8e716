# Anlan 安澜. `make` prints what there is. Needs only make, bash and Python 3.11–3.13 with venv; packages come from PyPI as wheels.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

PORT ?= 8000
ANLAN_HOME ?= $(CURDIR)/var
WORKERS ?= 2
BROWSER ?= 1
PROFILE := $(if $(CI),--hypothesis-profile=ci)
export PORT ANLAN_HOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
CHECK := ANLAN_HOME=$(CURDIR)/$(VENV)/check-home $(PY)
INSTALL := $(PY) -m pip install --quiet --no-input --only-binary :all: --no-deps --require-hashes

.PHONY: help run test check faults format bench lake sso demo migrations messages manual new-register new-measure clean

help: ## print this list
	@printf 'Anlan 安澜\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done
	@printf '\n  PORT=8000  ANLAN_HOME=./var  WORKERS=2 (tests)  BROWSER=0 (leave the browser tests out)\n'

run: $(VENV)/.run ## install what is needed, load the demo city at first start, serve on PORT
	@exec $(BIN)/anlan serve

.PHONY: test-sqlite test-postgres
test: test-sqlite test-postgres ## install what tests need, then run them all: on SQLite, then the integration tests on PostgreSQL
test-sqlite: $(VENV)/.test
	@BROWSER=$(BROWSER) bash constraints/debian.sh
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(PROFILE) $(if $(filter 0,$(BROWSER)),-m "not journey")
test-postgres: $(VENV)/.test
	@POSTGRES=1 bash constraints/debian.sh
	$(PY) -m pytest --postgres -n $(WORKERS) --dist worksteal $(PROFILE) -m "database$(if $(filter 0,$(BROWSER)), and not journey)"

faults: $(VENV)/.test ## kill, tamper, fill the disk, fail over: the full numbers of docs/reliability.md (an hour; as root it installs patroni and etcd)
	@FAULTS=1 BROWSER=0 bash constraints/debian.sh
	@rm -f faults.json
	ANLAN_FAULTS=full ANLAN_FAULTS_FILE=$(CURDIR)/faults.json $(PY) -m pytest tests/faults
	ANLAN_FAULTS=full ANLAN_FAULTS_FILE=$(CURDIR)/faults.json $(PY) -m pytest --postgres -m database tests/faults
	@cat faults.json

CHECKS := lint layout types imports migrated deployable templates messages manual locked content
.PHONY: $(CHECKS:%=check-%)
check: $(CHECKS:%=check-%) ## lint, layout, types, import contracts, migrations, deployment, templates, messages, manual, locks; -k runs all
$(CHECKS:%=check-%): $(VENV)/.check
check-lint:
	$(BIN)/ruff check --quiet .
check-layout:
	$(BIN)/ruff format --quiet --check .
check-types:
	$(CHECK) -m mypy
check-imports:
	$(BIN)/lint-imports --no-logo
check-migrated:
	$(CHECK) -m django makemigrations --settings config.settings --check --dry-run
check-deployable:
	ANLAN_TLS=1 $(CHECK) -m django check --settings config.settings --deploy --fail-level WARNING
check-templates:
	$(BIN)/djlint anlan config --lint --quiet
check-messages:
	$(CHECK) -m config.messages check
check-manual:
	$(CHECK) -m config.manual check
check-locked:
	$(PY) constraints/vendor.py
	$(PY) -m pip check
check-content:
	$(CHECK) -m config.command check --declarations

format: $(VENV)/.check ## mend layout and imports
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## run the benchmarks of docs/performance.md (long)
	$(PY) -m bench

lake: $(VENV)/.lake ## install what writing a region's Parquet lake needs

sso: $(VENV)/.sso ## install what signing in through OIDC or CAS needs

demo: $(VENV)/.run ## load the demo city into ANLAN_HOME
	@$(BIN)/anlan demo

migrations: $(VENV)/.run ## write the migrations that the models ask for
	$(CHECK) -m django makemigrations --settings config.settings

messages: $(VENV)/.check ## extract the English texts, merge and compile their Chinese; fails while any is missing
	$(CHECK) -m config.messages update

manual: $(VENV)/.run ## write the manual pages of the registers from their declarations
	$(CHECK) -m config.manual write

new-register: $(VENV)/.run ## write a new register from a template: make new-register NAME=fire_drill
	@$(PY) -m config.scaffold register "$(NAME)"

new-measure: $(VENV)/.run ## write a new measure from a template: make new-measure NAME=fire_drills_held
	@$(PY) -m config.scaffold measure "$(NAME)"

clean: ## remove the virtual environment and caches; your data in ANLAN_HOME stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info

# One stamp per set of packages. A stamp is older than its lock only after a change, so a later start installs nothing.
$(VENV)/.made:
	@rm -rf $(VENV)
	@python="$$(bash constraints/python.sh)"; \
		echo "Anlan: making $(VENV) with $$python"; \
		"$$python" -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made constraints/run.txt pyproject.toml
	@echo "Anlan: installing what it needs to run (wheels only, once)"
	@$(INSTALL) -r constraints/run.txt
	@$(PY) -m pip install --quiet --no-input --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.lake $(VENV)/.sso $(VENV)/.test $(VENV)/.check $(VENV)/.bench: $(VENV)/.%: $(VENV)/.run constraints/%.txt
	@echo "Anlan: installing what '$*' needs (wheels only, once)"
	@$(INSTALL) -r constraints/$*.txt
	@touch $@
