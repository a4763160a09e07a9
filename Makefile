# The verbs of this repository; `make` alone lists them. What they need is set up on first use.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
PYTEST := $(VENV)/bin/python -m pytest
WORKERS ?= 2

BENCH_VENV := .venv-bench
BENCH_PIP := $(BENCH_VENV)/bin/python -m pip --disable-pip-version-check
HA_VENV := .venv-homeassistant
HA_PIP := $(HA_VENV)/bin/python -m pip --disable-pip-version-check
HA_PYTHON ?= python3.13
TORCH := torch==2.13.0+cpu

DEMO_PACKAGES := libportaudio2
TEST_PACKAGES := $(DEMO_PACKAGES) libasound2-plugins pipewire pipewire-pulse pipewire-alsa pipewire-bin \
	wireplumber dbus pulseaudio-utils mosquitto mosquitto-clients openssl icecast2 ffmpeg tmux \
	systemd systemd-container strace iproute2 python3-venv zsh fish jq curl sqlite3 groff-base man-db \
	$(if $(shell grep -xs ID=debian /etc/os-release),chromium) \
	$(if $(wildcard /run/systemd/system),,rtsp-server-perl prometheus)  # where systemd runs, they would start servers

# Handed to the shell as it was typed: spaces, ampersands, quotes and dollar signs are part of a source.
export GIVEN_SOURCE := $(value SOURCE)
export GIVEN_DATA := $(value DATA)

.PHONY: help setup run demo check test test-full test-homeassistant soak bench docs train dist deb lock clean

help:  ## List the verbs
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort | while IFS=$$'\t' read -r verb meaning; do \
		printf '  make %-18s %s\n' "$$verb" "$$meaning"; done

setup: $(VENV)/.dev $(VENV)/.system-test $(VENV)/.pulseaudio  ## Install everything that running and testing need

demo: $(VENV)/.run $(VENV)/.system-demo  ## Show the built-in programme, or SOURCE='file, URL or mic'
	@if [ -n "$$GIVEN_SOURCE" ]; then exec $(VENV)/bin/streamgenre listen -- "$$GIVEN_SOURCE"; fi; \
	exec $(VENV)/bin/streamgenre demo

run: $(VENV)/.run $(VENV)/.system-demo  ## Follow the microphone, or SOURCE='file, URL or mic'
	@exec $(VENV)/bin/streamgenre listen -- "$${GIVEN_SOURCE:-mic}"

check: $(VENV)/.dev  ## Lint, format, types and the direction of imports
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pyright

test: check $(VENV)/.system-test $(VENV)/.pulseaudio  ## Check, then every test but the long ones
	$(PYTEST) -m "not slow" --numprocesses $(WORKERS) --dist loadfile

test-full: check $(VENV)/.system-test $(VENV)/.pulseaudio $(VENV)/.training  ## Check, then every test
	HYPOTHESIS_PROFILE=thorough $(PYTEST) --numprocesses $(WORKERS) --dist loadfile

test-homeassistant: $(VENV)/.dev $(VENV)/.system-test $(HA_VENV)/.homeassistant  ## What a real Home Assistant makes of us; HA_PYTHON=python3.13 names what it runs in
	STREAMGENRE_HOMEASSISTANT_PYTHON="$(abspath $(HA_VENV))/bin/python" $(PYTEST) tests/homeassistant

soak: $(VENV)/.dev  ## Follow three sources through a simulated day of faults; HOURS=1 for a quick look
	$(VENV)/bin/python -m tests.soak $(if $(HOURS),--hours $(HOURS))

bench: $(BENCH_VENV)/.bench  ## Measure this machine beside its peers; SECTIONS='front-end start' for some
	$(BENCH_VENV)/bin/streamgenre bench $(SECTIONS)
	$(BENCH_VENV)/bin/python -m tests.bench.decide_table

docs: $(VENV)/.dev  ## Build the documentation's site: build/docs/index.html
	$(VENV)/bin/python -m sphinx -W --keep-going -n -q -c docs . build/docs

train: $(VENV)/.training  ## Train, measure and export RECIPE=name, DATA=folder; without RECIPE, install what that needs
	@if [ -n "$(RECIPE)" ]; then \
		exec $(VENV)/bin/python -m training train "$(RECIPE)" $(if $(DATA),--data "$$GIVEN_DATA"); fi; \
	echo "Ready: $(VENV)/bin/python -m training --help"; \
	echo "Recipes:" $(sort $(basename $(notdir $(wildcard training/recipes/*.toml))))

dist: $(VENV)/.run  ## Make dist/: the wheel and the sdist
	rm -rf dist
	$(VENV)/bin/python -m hatchling build --directory dist

deb: dist  ## Make dist/streamgenre_*.deb for this release of Debian or Ubuntu
	packaging/build-deb dist/*.whl

lock: $(VENV)/.lock  ## Write requirements/*.txt from *.in (UPGRADE=1 for newer versions)
	@cd requirements && python=3.11 && compile() { ../$(VENV)/bin/uv pip compile --quiet --universal \
		--python-version $$python --generate-hashes --no-header --no-annotate --no-emit-index-url \
		$(if $(UPGRADE),--upgrade) "$$1.in" --output-file "$$1.txt" "$${@:2}"; }; \
	compile run; \
	compile build --constraint run.txt; \
	compile fleet --constraint run.txt; \
	compile dev --constraint fleet.txt --constraint build.txt; \
	compile training --constraint dev.txt; \
	compile bench --constraint run.txt --constraint build.txt; \
	compile lock; \
	python=3.13 compile homeassistant

clean:  ## Back to a fresh clone: remove the environment, caches and builds
	rm -rf $(VENV) $(BENCH_VENV) $(HA_VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name .git -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(VENV)/.made: scripts/create-venv
	@scripts/create-venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/build.txt requirements/run.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what streamgenre needs into $(VENV) (a minute or two the first time)" >&2
	@$(PIP) install --quiet --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing what the tests need into $(VENV)" >&2
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.training: requirements/training.txt $(VENV)/.run
	@echo "Installing what training needs into $(VENV)" >&2
	@$(PIP) install --quiet --require-hashes -r requirements/training.txt
	@$(PIP) install --quiet --no-deps $(TORCH) || echo "The networks of the papers need torch: $(TORCH) is not" \
		"where pip looks; PIP_EXTRA_INDEX_URL may name the index of its CPU builds. All else can be trained" >&2
	@touch $@

$(BENCH_VENV)/.bench: requirements/build.txt requirements/bench.txt pyproject.toml scripts/create-venv
	@scripts/create-venv $(BENCH_VENV)
	@echo "Installing what is measured beside streamgenre into $(BENCH_VENV) (some minutes the first time)" >&2
	@$(BENCH_PIP) install --quiet --require-hashes -r requirements/build.txt -r requirements/bench.txt
	@$(BENCH_PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(BENCH_PIP) install --quiet --no-deps $(TORCH) || echo "Measuring without torch: $(TORCH) is not where pip" \
		"looks; PIP_EXTRA_INDEX_URL may name the index of its CPU builds" >&2
	@touch $@

$(HA_VENV)/.homeassistant: requirements/homeassistant.txt
	@if ! $(HA_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1; then \
		echo "Home Assistant needs Python 3.13: $(HA_PYTHON) is none. Install it, or name it:" \
			"make test-homeassistant HA_PYTHON=/path/to/python3.13" >&2; exit 1; fi
	@$(HA_PYTHON) -m venv --clear $(HA_VENV)
	@echo "Installing Home Assistant into $(HA_VENV) (some minutes the first time)" >&2
	@$(HA_PIP) install --quiet --require-hashes -r requirements/homeassistant.txt
	@touch $@

$(VENV)/.lock: requirements/lock.txt | $(VENV)/.made
	@$(PIP) install --quiet --require-hashes -r requirements/lock.txt
	@touch $@

$(VENV)/.system-demo: scripts/install-system-packages | $(VENV)/.made
	@scripts/install-system-packages "the microphone" $(DEMO_PACKAGES)
	@touch $@

$(VENV)/.system-test: scripts/install-system-packages | $(VENV)/.made
	@scripts/install-system-packages "the tests of the real parts" $(TEST_PACKAGES)
	@touch $@

$(VENV)/.pulseaudio: scripts/fetch-pulseaudio $(VENV)/.system-test
	@scripts/fetch-pulseaudio $(VENV)/pulseaudio
	@touch $@
