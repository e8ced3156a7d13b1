# basic-pitch is installed without what it asks for: it asks for TensorFlow, and works with onnxruntime.
# make demo   install, do everything to the bundled film, print the page that shows it
# make test   install with the test tools, lint, build the documentation and test
# make docs   the documentation, build/docs/index.html
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check docs docs-pictures benchmarks clean

demo: .venv/demo
	$(BIN)/reimagine demo

test: .venv/test check docs
	$(BIN)/pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

# Not --quiet: that hides the warnings which --strict counts.
docs: .venv/test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-pictures: .venv/test
	$(BIN)/python docs/pictures.py

benchmarks: .venv/test
	$(BIN)/python benchmarks/speed.py

.venv/demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps basic-pitch==0.4.0
	@touch $@

.venv/test: .venv/demo
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs]'
	@touch $@

clean:
	rm -rf .venv runs
