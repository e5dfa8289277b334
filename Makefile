# make demo    from a fresh clone to the open app       make test    from nothing to a green test run
PYTHON ?= python3
VENV ?= .venv
STORE ?= demo-store
SWEEP ?= demo
PORT ?= 8501
# One more than cores, since some tests mostly wait; TESTERS=0 runs them in one process.
TESTERS ?= $(shell n=$$(env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 2); echo $$((n < 8 ? n + 1 : 8)))

BIN := $(VENV)/bin
URL := http://localhost:$(PORT)

.DEFAULT_GOAL := help
.PHONY: help demo demo-store app test soak lint bench pictures ranges format clean
.DELETE_ON_ERROR:

help:
	@echo "make demo        compute the demo's store; the app opens on the way, on $(URL)"
	@echo "make demo-store  compute (or go on computing) $(STORE) from $(SWEEP)"
	@echo "make app         open the app on $(STORE)"
	@echo "make test        install what the tests need, run them all; TESTS=tests/test_size.py for a part"
	@echo "make soak        kill and fail every writer, damage every file, kill the demo: 20 minutes"
	@echo "make lint        format, ruff, types, import contracts"
	@echo "make bench       speed and memory beside named peers, as ratios"
	@echo "make pictures    take the pictures of the documents anew, from $(STORE)"
	@echo "make ranges      measure what training problems are like: ten seconds"

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# pip would compile what it installs on one core, for most of a minute.
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true

# An environment is made once, and again only when the files that pin it change.
$(VENV)/.run-stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old or missing: make PYTHON=<Python 3.11 or newer> ..."; exit 1; }
	@echo "installing the pinned packages into $(VENV), about a minute"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.txt
	@$(COMPILE)
	@touch $@

$(VENV)/.dev-stamp: requirements-dev.txt $(VENV)/.run-stamp
	@echo "installing what the tests need"
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@$(COMPILE)
	@touch $@

# In an environment of its own: one of the peers brings a package that does not import here.
$(VENV)-bench/.stamp: benchmarks/requirements.txt requirements.txt
	@test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r benchmarks/requirements.txt
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dictionary-learning==0.1.0
	@touch $@

# The app opens on the way, as soon as it has something of every model.
demo: $(VENV)/.run-stamp
	@$(BIN)/python -m precompute run "$(SWEEP)" --store "$(STORE)" --app --port $(PORT)

demo-store: $(VENV)/.run-stamp
	$(BIN)/python -m precompute run "$(SWEEP)" --store "$(STORE)"

app: $(VENV)/.run-stamp
	@echo "open $(URL)   (Ctrl-C ends it)"
	@$(BIN)/python -m precompute app --store "$(STORE)" --port $(PORT)

# One thread per process: tests start worker processes of their own. They keep what they compile, even
# where PYTHONDONTWRITEBYTECODE is set: some hundred processes would each compile the project.
test: $(VENV)/.dev-stamp
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest \
		-n $(TESTERS) --dist loadgroup --no-loadscope-reorder $(TEST_OPTIONS) $(TESTS)

# Side by side with named peers; wants a machine that does nothing else, and takes some ten minutes.
bench: $(VENV)-bench/.stamp
	$(VENV)-bench/bin/python -m benchmarks $(BENCH)

# Every writer under every fault, with a summary; SOAK="--seed 7 --writer note" for a part of it.
soak: $(VENV)/.dev-stamp
	PYTHONPATH=. OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE \
		$(BIN)/python tests/soak.py $(SOAK)
	PYTHONPATH=.:tests OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/fuzz.py --seconds 300
	LIVE_PEOPLE=20 LIVE_SECONDS=60 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -s tests/test_app_live_people.py

pictures: $(VENV)/.dev-stamp
	$(BIN)/python docs/pictures.py --store "$(STORE)"

# What the training problems of each task are like, into the table that ships.
ranges: $(VENV)/.run-stamp
	$(BIN)/python -m precompute.exports.training_range

lint: $(VENV)/.dev-stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev-stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(VENV)-bench $(STORE) build *.egg-info
