# make run   one night on the example province, in an environment of its own
# make test  everything CI runs
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: run test lint lock clean

run: $(VENV)/run.stamp
	$(BIN)/python -m examples.server -- $(BIN)/credit-sync run --config config.example.toml

test: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder  # the doctests, short ones, come last

lint: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

# Versions that CI installs: written from a fresh environment, by hand, when dependencies change.
lock: $(VENV)/test.stamp
	$(BIN)/pip freeze --exclude-editable | grep -v '^credit-sync' > requirements.lock

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml requirements.lock | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[desk]'
	touch $@

$(VENV)/test.stamp: pyproject.toml requirements.lock | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[test]'
	touch $@ $(VENV)/run.stamp

clean:
	rm -rf $(VENV) var
