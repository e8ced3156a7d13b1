# basic-pitch is installed without what it asks for: it asks for TensorFlow, and works with onnxruntime.
# make demo   install, do everything to the bundled film, print the page that shows it
# make test   install with the test tools, lint and test
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check benchmarks clean

demo: .venv/demo
	$(BIN)/reimagine demo

test: .venv/test check
	$(BIN)/pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

benchmarks: .venv/test
	$(BIN)/python benchmarks/speed.py

.venv/demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps basic-pitch==0.4.0
	@touch $@

.venv/test: .venv/demo
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv runs
