PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test test-all check install clean

demo: $(INSTALLED)  ## The main job on a small model: fetch it, train, evaluate, compare
	$(BIN)/workbench fetch smollm2-135m
	$(BIN)/workbench run quickstart

test: $(INSTALLED)  ## The tests, with those on the fetched model, two at a time; without the slow ones
	$(BIN)/workbench fetch smollm2-135m
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: test  ## And the slow ones, which measure time or play a whole day: one at a time
	$(BIN)/python -m pytest -m slow

check: $(INSTALLED)  ## All that a change must pass
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) test

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(INSTALLED)

clean:
	rm -rf .venv build *.egg-info
