# Everything a newcomer types. Each target installs what it needs; see README.md and CONTRIBUTING.md.
#
#   make demo               trainer, projector, server and snapshot worker, in runs/demo
#   make demo EPISODES=300  the same, for 300 episodes, and ends by itself
#   make dev                to work on the code: a short run, a server, the dashboard with hot reload
#   make check              lint, types and unit tests, in about a minute
#   make test               everything: lint and all tests, with processes and a browser
#   make fix                formats and repairs what tools can repair     make lint   style, types, layers, generated docs
#   make pack               a folder that shows runs/demo without a server, in runs/demo/pack
#   make test-cluster       installs Ray, s3fs and moto; sweeps on a cluster of two nodes here, and in S3 by moto
#   make docs               the documentation as a site, with the API reference, in runs/docs
#   make setup              only the environment, both languages, a Chromium and a Firefox
#   make bench              all benchmarks; figures as JSON in runs/bench
#   make criteria SEEDS=0,1,2   the success criteria, over whole runs; TOWN=no_money for another town
#   make dist               a wheel and a source archive in dist/, dashboard included
#   make fuzz               10,000 inputs each, over HTTP and the WebSocket
#   make soak MINUTES=60    everything under load: does anything leak? figures in runs/soak
#   make days               three days of a paced run in an hour, with kills, full disks and a clock that is set
#   make faults KILLS=20    every process killed, starved, stopped, its files damaged, hundreds of times over

PYTHON ?= python3
KILLS ?= 20
PORT ?= 8765
DEV_RUN_DIR ?= runs/dev
DEV_CONFIG ?= configs/townlet/quick.yaml
RUN_DIR ?= runs/demo
EPISODES ?=
CONFIG ?= configs/townlet/sparse_adaptive.yaml
SEEDS ?= 0,1,2
MINUTES ?= 10

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

VENV_STAMP := $(VENV)/.installed
TEACHING_STAMP := $(VENV)/.teaching-installed
DOCS_STAMP := $(VENV)/.docs-installed
CLUSTER_STAMP := $(VENV)/.cluster-installed
NODE_STAMP := frontend/node_modules/.installed
DIST := frontend/dist/index.html
FRONTEND_SOURCES := $(shell find frontend -not -path '*/node_modules*' -not -path '*/dist*' -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup system demo dev check unit unit-frontend test test-frontend lint lint-python lint-frontend fix docs pack bench criteria soak days faults test-cluster dist fuzz lock clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

$(VENV_STAMP): pyproject.toml requirements.lock
	@configs/setup/require-versions.sh $(PYTHON)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	@touch $@

$(NODE_STAMP): frontend/package-lock.json
	@configs/setup/require-versions.sh $(PYTHON)
	npm --prefix frontend ci --no-audit --no-fund
	@touch $@

$(DIST): $(NODE_STAMP) $(FRONTEND_SOURCES)
	npm --prefix frontend run build

system: $(VENV_STAMP)
	@configs/setup/install-missing.sh chromium firefox-esr sqlite3 nginx

setup: system $(VENV_STAMP) $(DIST)

demo: setup
	@RUN_DIR='$(RUN_DIR)' PORT='$(PORT)' EPISODES='$(EPISODES)' CONFIG='$(CONFIG)' configs/demo/demo.sh

dev: $(VENV_STAMP) $(DIST)
	@RUN_DIR='$(DEV_RUN_DIR)' PORT='$(PORT)' CONFIG='$(DEV_CONFIG)' configs/demo/dev.sh

# Two at a time: lint and types beside the tests that start no process, no server, no browser and train no run
# (tests/conftest.py decides which those are).
check: $(VENV_STAMP) $(NODE_STAMP)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target unit lint-python lint-frontend unit-frontend

unit: $(VENV_STAMP)
	$(BIN)/python -m pytest -q -m "not system and not thorough" --hypothesis-profile check

unit-frontend: $(NODE_STAMP)
	npm --prefix frontend test

# A worker for each core, at most four: most tests wait for processes that share the cores with them. A file stays
# with one worker, which keeps what the file's tests share.
test: setup lint test-frontend
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

test-frontend: $(DIST)
	npm --prefix frontend test

lint: lint-python lint-frontend

lint-python: $(VENV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python configs/setup/generate_docs.py --check

lint-frontend: $(NODE_STAMP)
	npm --prefix frontend run lint

fix: $(VENV_STAMP) $(NODE_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python configs/setup/generate_docs.py
	npm --prefix frontend run format

$(DOCS_STAMP): pyproject.toml requirements.lock $(VENV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[docs]'
	@touch $@

$(CLUSTER_STAMP): pyproject.toml requirements.lock $(VENV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[cluster,store]' 'moto[server,s3]==5.2.5'
	@touch $@

docs: $(DOCS_STAMP)
	$(BIN)/python configs/setup/generate_docs.py --check
	$(BIN)/mkdocs build --strict

$(TEACHING_STAMP): pyproject.toml requirements.lock $(VENV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[teaching]'
	@touch $@

pack: $(TEACHING_STAMP) $(DIST)
	$(BIN)/projections pack --run-dir $(RUN_DIR) --out $(RUN_DIR)/pack

criteria: $(VENV_STAMP)
	$(BIN)/python tests/bench/bench_criteria.py --config $(or $(TOWN),$(CONFIG)) --seeds $(SEEDS)

bench: $(VENV_STAMP)
	@mkdir -p runs/bench
	$(BIN)/python tests/bench/bench_producer.py --out runs/bench/producer.json
	$(BIN)/python tests/bench/bench_environment.py --out runs/bench/environment.json
	$(BIN)/python tests/bench/bench_log.py --out runs/bench/log.json
	$(BIN)/python tests/bench/bench_projections.py --episodes 10000,100000
	$(BIN)/python tests/bench/bench_rebuild.py
	$(BIN)/python tests/bench/bench_server.py --json runs/bench/server.json

soak: setup
	$(BIN)/python tests/soak/soak.py --minutes $(MINUTES) $(if $(DOCS),--docs $(DOCS))

days: setup
	$(BIN)/python tests/soak/days.py $(if $(DOCS),--docs $(DOCS))

faults: $(VENV_STAMP)
	HAMLET_FAULTS_KILLS=$(KILLS) HAMLET_FAULTS_EPISODES=600 HAMLET_FAULTS_STOPPED=60 HAMLET_FAULTS_STUCK=200 \
	$(BIN)/python -m pytest tests/faults -s --timeout 3600

test-cluster: $(CLUSTER_STAMP)
	$(BIN)/python -m pytest tests/producer/sweep/test_ray.py tests/producer/sweep/test_s3.py \
		tests/projections/test_replicate_s3.py

dist: $(VENV_STAMP) $(DIST)
	$(BIN)/python -m hatchling build -d dist

fuzz: $(VENV_STAMP)
	HAMLET_FUZZ_EXAMPLES=10000 $(BIN)/python -m pytest tests/server/test_fuzz.py --timeout 1800

# The newest versions that pyproject.toml allows, as an empty environment gets them. Torch by version only: its builds
# differ by device, and so do the packages that come with it.
lock:
	$(PYTHON) -m venv --clear $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable \
		| sed -e 's/^\(torch==[0-9.]*\).*/\1/' -e '/^\(nvidia-\|cuda-\|triton==\)/d' > requirements.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist
