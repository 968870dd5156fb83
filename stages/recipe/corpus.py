"""The corpus sections of a recipe: from raw files to documents."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from stages.recipe.augmentation import Augmentation
from stages.recipe.cleaning import Cleaning, Decontamination, RepeatedText, Urls
from stages.recipe.languages import known_languages
from stages.recipe.quality import Quality
from stages.recipe.section import Section
from stages.recipe.sources import Reading, Source

Priority = Literal["length", "newest", "oldest", "quality_score", "perplexity", "source"]
"""longer, newer or older text; higher score; lower perplexity; source that stands earlier in the recipe."""


class Extraction(Section):
    """HTML and wikitext to plain text, and the bounds past which a page is refused."""

    extractor: Literal["trafilatura", "resiliparse"] = "trafilatura"
    """resiliparse is 11 times faster and keeps more of what surrounds an article."""
    fast: bool = True
    """Leaves out trafilatura's fallbacks, whose cost is quadratic in the paragraphs."""
    favor: Literal["balanced", "precision", "recall"] = "balanced"
    """What trafilatura does in doubt; resiliparse has no such choice."""
    include_comments: bool = False
    include_tables: bool = True
    """Tables of HTML pages; resiliparse always keeps them."""
    wikitext_tables: bool = False
    wikitext_formulas: bool = True
    """Keeps `<math>` as LaTeX between dollar signs; without it, sentences have holes."""
    maximum_page_bytes: int = Field(default=2_000_000, gt=0)
    maximum_page_tags: int = Field(default=40_000, gt=0)
    """Opening angle brackets; 40,000 keep trafilatura's fast mode to about a second. Wikitext's marks count as well."""
    maximum_page_depth: int = Field(default=1_000, gt=0)
    """Elements inside of elements; resiliparse is quadratic in them. Of real pages 99.9 % stay below 52."""
    maximum_open_templates: int = Field(default=200, gt=0)
    """Unclosed `{{` or `[[` in wikitext; the parser is quadratic in them."""


class Isolation(Section):
    """A process of its own for the parsers, so that a page which breaks them costs only itself."""

    enabled: bool = True
    cpu_seconds: float = Field(default=20.0, gt=0)
    """What one page may cost; ten times as much in wall-clock time."""
    memory_megabytes: int = Field(default=2_000, gt=0)
    """The address space that a page may take beyond what the process has at its start."""


class Screening(Section):
    """Cheap tests before the full extraction, which takes 90 % of the time."""

    enabled: bool = True


class Language(Section):
    """Language identification. An empty `keep` keeps every language."""

    keep: tuple[str, ...] = ("en",)
    threshold: float = Field(default=0.65, ge=0.0, le=1.0)
    maximum_characters: int = Field(default=2_000, gt=0)
    """How much of the text is read, evenly spaced over it."""

    _codes_are_known = field_validator("keep")(known_languages)


class NearDuplicates(Section):
    """MinHash LSH over word shingles; a pair counts only if its true Jaccard similarity reaches the threshold."""

    enabled: bool = True
    """Without it duplicates stay, but for those of equal id. Of a family that would be in several splits, all are in
    training."""
    threshold: float = Field(default=0.8, gt=0.0, le=1.0)
    bands: int = Field(default=14, gt=0)
    rows: int = Field(default=8, gt=0)
    shingle_words: int = Field(default=5, gt=0)
    seed: int = Field(default=1, ge=0, lt=2**32)
    reference: Literal["gristmill", "datatrove"] = "gristmill"
    """`datatrove` makes words, shingles and signatures as datatrove 0.10 does, bit for bit, 15 to 20 times slower."""
    datatrove_hash: Literal["sha1", "xxhash"] = "sha1"
    """What `reference = "datatrove"` hashes shingles with; FineWeb's is sha1."""
    datatrove_hash_bits: Literal[32, 64] = 64
    priority: tuple[Priority, ...] = ("length",)
    """Which one stays: the better by the first of these; of equals, by the next; then that with the smaller id."""
    one_per_url: Literal["off", "newest", "priority"] = "off"
    """Keeps one record of each address: the newest, or the first by `priority`."""
    index: tuple[str, ...] = ()
    """Folders of earlier runs (`build/<name>/corpus`): what is alike to a document of theirs is removed."""
    write_index: bool = True
    """Writes the signatures by which a later run can compare its documents with these."""
    keep_text: bool = True
    """Keeps the text of the removed duplicates, so that `make certify` can prove each removal from results alone."""


class Split(Section):
    """Shares of the documents held out; the rest is the training split."""

    validation: float = Field(default=0.01, ge=0.0, le=0.5)
    test: float = Field(default=0.01, ge=0.0, le=0.5)
    similarity: float = Field(default=0.7, gt=0.0, le=1.0)
    """No document of one split is as similar (Jaccard) as this to one of another."""


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
    reading: Reading = Reading()
    isolation: Isolation = Isolation()
    screening: Screening = Screening()
    extraction: Extraction = Extraction()
    urls: Urls = Urls()
    language: Language = Language()
    cleaning: Cleaning = Cleaning()
    quality: Quality = Quality()
    decontamination: Decontamination = Decontamination()
    repeated_text: RepeatedText = RepeatedText()
    near_duplicates: NearDuplicates = NearDuplicates()
    split: Split = Split()
    augmentation: tuple[Augmentation, ...] = ()
    wordnet: str = "build/wordnet"
    """The folder of WordNet's files, which `make wordnet` fetches for `synonym` and `antonym`."""
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
        names = [one.name for one in self.augmentation]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two augmentations are {name}")
        return self
