"""The recipe: one TOML file that holds the settings of a whole run, read into typed, frozen sections.

An unknown key, a wrong type or an impossible value is an error that names the key and the file. Settings can be
overridden from the command line by their dotted names: `pretrain.steps=200 corpus.near_duplicates.threshold=0.7`.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stages.errors import GristmillError

_NEXT_OVERRIDE = re.compile(r"\s+(?=[A-Za-z_][\w.]*=)")
"""The space before another `key=`; a value may have spaces of its own."""


class Section(BaseModel):
    """A part of the recipe: immutable, and closed to keys that nothing reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def fingerprint(self) -> str:
        """A hash of every resolved value in the section; equal settings have equal fingerprints."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Sample(Section):
    """The example inputs that `make sample` builds from packages."""

    folder: str = "build/sample-inputs"
    size: float = Field(default=1.0, gt=0.0, le=1.0)
    """The share of the pages, articles and texts to take; each is taken or left by the hash of its own name."""


class Source(Section):
    """Files of one format. `paths` are globs, local or with a scheme that fsspec knows (`gs://`, `https://`)."""

    name: str = Field(min_length=1)
    format: Literal["warc", "mediawiki", "jsonl", "parquet", "text"]
    paths: tuple[str, ...] = ()
    path_list: str = ""
    """A file, plain or gzip, with one path a line, as Common Crawl's `warc.paths.gz`."""
    path_prefix: str = ""
    """Put before every line of `path_list`."""
    maximum_files: int = Field(default=0, ge=0)
    """Take only so many files, in the order given; 0 takes all."""
    text_column: str = "text"
    id_column: str = ""
    url_column: str = ""
    title_column: str = ""
    date_column: str = ""

    @model_validator(mode="after")
    def _has_paths(self) -> Self:
        if bool(self.paths) == bool(self.path_list):
            raise ValueError(f"source {self.name!r} needs either paths or path_list")
        return self


class Extraction(Section):
    """HTML and wikitext to plain text, and the bounds past which a page is refused."""

    maximum_page_bytes: int = Field(default=2_000_000, gt=0)
    maximum_page_tags: int = Field(default=40_000, gt=0)
    """Opening angle brackets; 40,000 keep trafilatura's fast mode to about a second. Wikitext's marks count as well."""
    maximum_open_templates: int = Field(default=200, gt=0)
    """Unclosed `{{` or `[[` in wikitext; the parser is quadratic in them."""


class Language(Section):
    """Language identification. An empty `keep` keeps every language."""

    keep: tuple[str, ...] = ("en",)
    threshold: float = Field(default=0.65, ge=0.0, le=1.0)
    maximum_characters: int = Field(default=2_000, gt=0)
    """How much of the text is read, evenly spaced over it."""


class Quality(Section):
    """Gopher's quality and repetition rules (Rae et al. 2021, tables A1 and section A.1.1)."""

    minimum_words: int = Field(default=50, ge=0)
    maximum_words: int = Field(default=100_000, gt=0)
    minimum_mean_word_length: float = Field(default=3.0, ge=0)
    maximum_mean_word_length: float = Field(default=10.0, gt=0)
    maximum_symbol_word_ratio: float = Field(default=0.1, ge=0)
    maximum_bullet_lines: float = Field(default=0.9, ge=0, le=1)
    maximum_ellipsis_lines: float = Field(default=0.3, ge=0, le=1)
    minimum_alphabetic_words: float = Field(default=0.8, ge=0, le=1)
    minimum_stop_words: int = Field(default=2, ge=0)
    maximum_duplicate_lines: float = Field(default=0.30, ge=0, le=1)
    maximum_duplicate_line_characters: float = Field(default=0.20, ge=0, le=1)
    maximum_duplicate_paragraphs: float = Field(default=0.30, ge=0, le=1)
    maximum_duplicate_paragraph_characters: float = Field(default=0.20, ge=0, le=1)
    maximum_top_2_gram_characters: float = Field(default=0.20, ge=0, le=1)
    maximum_top_3_gram_characters: float = Field(default=0.18, ge=0, le=1)
    maximum_top_4_gram_characters: float = Field(default=0.16, ge=0, le=1)


class NearDuplicates(Section):
    """MinHash LSH over word shingles; a pair counts only if its true Jaccard similarity reaches the threshold."""

    threshold: float = Field(default=0.8, gt=0.0, le=1.0)
    bands: int = Field(default=14, gt=0)
    rows: int = Field(default=8, gt=0)
    shingle_words: int = Field(default=5, gt=0)
    seed: int = Field(default=1, ge=0, lt=2**32)


class Split(Section):
    """Shares of the documents held out; the rest is the training split."""

    validation: float = Field(default=0.01, ge=0.0, le=0.5)
    test: float = Field(default=0.01, ge=0.0, le=0.5)


class Augmentation(Section):
    """One kind of variant, made of a share of the training documents."""

    augmenter: Literal["keyboard", "word_swap"]
    share: float = Field(default=0.05, ge=0.0, le=1.0)
    rate: float = Field(default=0.05, gt=0.0, le=1.0)
    """keyboard: the share of the words that get one typing error; word_swap: of the words that change places."""


class Limits(Section):
    """When a corpus run must fail instead of ending quietly with too little."""

    damaged_share: float = Field(default=0.0, ge=0.0, le=1.0)
    """The share of records that may be lost to damaged or truncated files."""
    minimum_kept_share: float = Field(default=0.01, ge=0.0, le=1.0)
    """The share of records read that must be kept as documents."""


class Corpus(Section):
    """Everything between raw files and documents."""

    sources: tuple[Source, ...] = Field(min_length=1)
    unit_megabytes: float = Field(default=64.0, gt=0)
    """Files are cut into units of work of about this size where their format allows it."""
    keep_removed_text: bool = False
    extraction: Extraction = Extraction()
    language: Language = Language()
    quality: Quality = Quality()
    near_duplicates: NearDuplicates = NearDuplicates()
    split: Split = Split()
    augmentation: tuple[Augmentation, ...] = ()
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _source_names_differ(self) -> Self:
        names = [source.name for source in self.sources]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sources are named {name!r}")
        return self

    @model_validator(mode="after")
    def _augmentations_differ(self) -> Self:
        kinds = [(one.augmenter, one.rate) for one in self.augmentation]
        for augmenter, rate in kinds:
            if kinds.count((augmenter, rate)) > 1:
                raise ValueError(f"two augmentations are {augmenter} at rate {rate}")
        return self


class Packing(Section):
    """Documents into rows of `sequence_length + 1` tokens, rows into shards."""

    sequence_length: int = Field(default=1024, gt=1, lt=65_535)
    shard_megabytes_of_text: float = Field(default=64.0, gt=0)
    """The number of shards follows from the text, so that it does not depend on how the inputs were cut."""


class Tokenizer(Section):
    """SentencePiece, trained so that every text decodes to itself."""

    model: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = Field(default=16_384, ge=300)
    sample_megabytes: float = Field(default=10.0, gt=0)
    """How much text of the training split the tokenizer is trained on."""
    character_coverage: float = Field(default=0.9995, gt=0.9, le=1.0)
    packing: Packing = Packing()


class Model(Section):
    """A Llama-style decoder: pre-norm RMSNorm, rotary positions, SwiGLU, grouped-query attention, no biases."""

    layers: int = Field(default=4, gt=0)
    width: int = Field(default=256, gt=0)
    heads: int = Field(default=4, gt=0)
    key_value_heads: int = Field(default=4, gt=0)
    feed_forward: int = Field(default=0, ge=0)
    """Hidden width of the feed-forward block; 0 takes 8/3 of the width, rounded up to a multiple of 64."""
    rope_theta: float = Field(default=10_000.0, gt=0)
    norm_epsilon: float = Field(default=1e-5, gt=0)
    tied_embeddings: bool = True

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError("width must be a multiple of 2 * heads")
        if self.heads % self.key_value_heads:
            raise ValueError("heads must be a multiple of key_value_heads")
        return self


class Generation(Section):
    """The text that is sampled when training ends."""

    prompts: tuple[str, ...] = ("The",)
    """No space at the end: it belongs to the token of the next word."""
    tokens: int = Field(default=64, ge=0)
    temperature: float = Field(default=0.8, ge=0)
    """0 takes the most likely token every time."""
    top_k: int = Field(default=50, ge=0)
    """0 samples from the whole vocabulary."""


class Pretrain(Section):
    """The training run."""

    steps: int = Field(default=1_000, gt=0)
    batch_rows: int = Field(default=32, gt=0)
    """Rows of one optimizer step, over all micro-batches."""
    micro_batch_rows: int = Field(default=8, gt=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    minimum_learning_rate_share: float = Field(default=0.1, ge=0.0, le=1.0)
    """Where the cosine ends, as a share of the peak."""
    warmup_steps: int = Field(default=100, ge=0)
    weight_decay: float = Field(default=0.1, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    precision: Literal["bf16", "fp32"] = "bf16"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=0, ge=0)
    """CPU threads; 0 takes as many as there are cores. Another number can change the last bits of the result."""
    evaluate_every: int = Field(default=100, gt=0)
    evaluation_rows: int = Field(default=256, gt=0)
    checkpoint_every: int = Field(default=100, gt=0)
    keep_checkpoints: int = Field(default=2, gt=0)
    model: Model = Model()
    generation: Generation = Generation()

    @model_validator(mode="after")
    def _micro_batches_divide(self) -> Self:
        if self.batch_rows % self.micro_batch_rows:
            raise ValueError("batch_rows must be a multiple of micro_batch_rows")
        return self


class Recipe(Section):
    """A whole run, from raw files to a trained model."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    output: str = ""
    """The folder of all results; `build/<name>` if empty."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    sample: Sample | None = None
    corpus: Corpus
    tokenizer: Tokenizer = Tokenizer()
    pretrain: Pretrain = Pretrain()

    def folder(self, job: str) -> str:
        """The folder that one job writes to."""
        return f"{self.output or 'build/' + self.name}/{job}"


def load_recipe(path: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Reads a recipe and applies overrides; raises GristmillError with the key and the file.

    Each override is `key.key=value`, or several of them separated by spaces. The value is read as TOML, and as a plain
    string where it is none.
    """
    try:
        with Path(path).open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise GristmillError(f"{path}: cannot read the recipe: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GristmillError(f"{path}: not valid TOML: {error}") from error
    for override in (one for group in overrides for one in _NEXT_OVERRIDE.split(group.strip())):
        _apply_override(values, override)
    try:
        return Recipe.model_validate(_tuples(values))
    except ValidationError as error:
        raise GristmillError(f"{path}: {_first_problem(error)}") from error


def _apply_override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise GristmillError(f"override {override!r}: write it as section.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    place: Any = values
    for part in parts[:-1]:
        place = _descend(place, part, override)
    if isinstance(place, list):
        place[_index(place, parts[-1], override)] = value
    else:
        place[parts[-1]] = value


def _descend(place: Any, part: str, override: str) -> Any:
    inner = place[_index(place, part, override)] if isinstance(place, list) else place.setdefault(part, {})
    if not isinstance(inner, dict | list):
        raise GristmillError(f"override {override!r}: {part!r} is a value, not a section")
    return inner


def _index(place: list[Any], part: str, override: str) -> int:
    if not part.isdigit() or int(part) >= len(place):
        raise GristmillError(f"override {override!r}: {part!r} is not an index below {len(place)}")
    return int(part)


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(inner) for inner in value)
    return value


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"]) or "recipe"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{key}: {message}{shown}"
