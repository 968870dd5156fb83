"""The section of a recipe on the quality models: which texts are good examples, which are not, how many are read."""

from pydantic import Field

from stages.recipe.section import Section


class QualityModel(Section):
    """A classifier and an n-gram model, trained by `make quality-model` on a positive and a negative set.

    A set is made of sources of the corpus, by name, or of files of ready text. If a set names neither, it is all
    `mediawiki` files of the corpus's sources for the positive, all `warc` files for the negative one.
    """

    positive: tuple[str, ...] = ()
    """Names of `corpus.sources` whose texts are such as are wanted."""
    negative: tuple[str, ...] = ()
    """Names of `corpus.sources` that hold texts of all kinds."""
    positive_files: tuple[str, ...] = ()
    """JSON lines, Parquet (column `text`) or plain text; globs and folders too."""
    negative_files: tuple[str, ...] = ()
    documents: int = Field(default=10_000, gt=0)
    """How many documents of each set are wanted; of each language, both sets give as many."""
    minimum_documents: int = Field(default=50, ge=5)
    """A language with fewer documents in one of the sets is left out: its texts get no score."""
    minimum_characters: int = Field(default=200, ge=0)
    """Shorter texts are no examples."""
    maximum_characters: int = Field(default=10_000, gt=0)
    """What of a text is learned from: its beginning."""
    read_megabytes: float = Field(default=2_000.0, gt=0)
    """Of a set with larger files, some units of `corpus.unit_megabytes` are drawn."""
    held_out: float = Field(default=0.2, gt=0, le=0.5)
    """The share that nothing is learned from: half calibrates the scores, half evaluates them."""
    vocabulary_size: int = Field(default=50_000, gt=0, le=56_000)
    """Words that the n-gram model knows; others are spelled."""
    order: int = Field(default=3, ge=2, le=4)
    """The longest n-grams; 4 separate the sets of the sample a little better and cost a quarter of the speed."""
