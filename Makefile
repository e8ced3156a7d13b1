# make demo       install, run every stage on the bundled film, print the path of the gallery page
# make test       install with the test tools, lint, build the documentation, run the tests
# make docs       build the documentation: build/docs/index.html
# make examples   rebuild the art projects of examples/ and their pictures from the demo film
#
# basic-pitch is installed for the tests, without dependencies: it declares TensorFlow, but works with onnxruntime.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check docs docs-pictures benchmarks examples clean

demo: .venv/demo
	$(BIN)/reimagine demo

test: .venv/test check docs
	$(BIN)/pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

# Without --quiet, which would hide the warnings that make --strict fail.
docs: .venv/test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-pictures: .venv/test
	$(BIN)/python docs/pictures.py

benchmarks: .venv/test
	$(BIN)/python benchmarks/speed.py

PROJECTS := a-day-in-amber six-painters four-seasons there-and-back endless-loop lost-reel
SEASONS := spring summer autumn winter
MADE := runs/examples
DRAW := $(BIN)/python examples/rendering

examples: .venv/demo
	for name in $(PROJECTS); do $(BIN)/python examples/$$name/make.py || exit 1; done
	$(DRAW)/barcode.py assets/demo.mp4 $(MADE)/a-day-in-amber/film.mp4 \
		-o $(MADE)/a-day-in-amber/barcode.webp --height 200 --quality 75
	$(DRAW)/teaser.py $(MADE)/six-painters/film.mp4 -o $(MADE)/six-painters/train.webp \
		--fps 6 --fade 0.4 --width 360 --quality 40
	$(DRAW)/teaser.py $(MADE)/four-seasons/film.mp4 -o $(MADE)/four-seasons/year.webp \
		--start 4 --seconds 3.5 --fps 8 --fade 0.6 --quality 50
	$(DRAW)/teaser.py $(MADE)/endless-loop/film.mp4 -o $(MADE)/endless-loop/loop.webp \
		--start 7.5 --fps 6 --fade 1 --width 288 --quality 45
	$(DRAW)/comparison.py $(SEASONS:%=$(MADE)/four-seasons/%.mp4) --columns 2 -o $(MADE)/four-seasons/comparison.mp4
	$(DRAW)/contact_sheet.py $(PROJECTS:%=$(MADE)/%/film.mp4) --frames 6 --width 140 --quality 55 \
		-o examples/films.webp
	for name in $(PROJECTS); do cp -v $(MADE)/$$name/*.webp examples/$$name/; done

.venv/demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/test: .venv/demo
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,ray,basic-pitch]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps basic-pitch==0.4.0
	@touch $@

clean:
	rm -rf .venv runs
