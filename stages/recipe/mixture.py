"""The sections of a recipe that say how much of what a model is trained on, and in which order."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section

Share = Literal["documents", "bytes", "tokens"]


class Curriculum(Section):
    """Training documents in stages that follow one another in each epoch; a run of half an epoch sees half of them."""

    by: Literal["none", "quality_score", "length"] = "none"
    """`quality_score` is that of `make quality-model`, and a document without one counts as the worst; `length` counts
    tokens."""
    order: Literal["ascending", "descending"] = "ascending"
    stages: int = Field(default=4, ge=2, le=100)
    """Of about equally many tokens. Documents equally long, or equally good to 1/1024, share a stage, and a row
    holds documents of one: by length that pads 6.6 % of the sample's rows of 512, where 1.1 % are without stages."""


class Mixture(Section):
    """How much of each source the training split holds; the splits that are held out stay as they are."""

    corpora: tuple[str, ...] = ()
    """Folders of other finished corpora (`build/<name>/corpus`) that join this one. Sources of equal names are one. Of
    documents with one id the first corpus keeps its own; what is alike to a held-out document of another corpus
    (`corpus.split.similarity`) is left out."""
    weights: dict[str, float] = Field(default_factory=dict)
    """The share of each source in the mixture, by its name, in any unit: they are divided by their sum. Every source
    with training documents has one; 0 leaves it out."""
    epochs: dict[str, float] = Field(default_factory=dict)
    """How often each document of a source is seen in one pass: 2.5 is twice, and half of them once more; 0 never. A
    source that is not named is seen once."""
    unit: Share = "tokens"
    """What weights, `size` and the temperature count."""
    size: float = Field(default=0.0, ge=0)
    """Millions of the unit in the mixture; 0: as many as there are. It is smaller where `maximum_epochs` says so."""
    maximum_epochs: float = Field(default=4.0, gt=0)
    """The most that weights, `size` or the temperature repeat a document; what a small source cannot give, the others
    give in proportion to their weights. Up to 4 epochs help nearly as much as new text (Muennighoff et al. 2023,
    "Scaling Data-Constrained Language Models", arXiv 2305.16264)."""
    language_temperature: float = Field(default=1.0, ge=1.0)
    """Languages get shares in proportion to their size to the power of 1 / temperature (Arivazhagan et al. 2019,
    arXiv 1907.05019, take 5; mT5, arXiv 2010.11934, takes 1 / 0.3)."""
    language_weights: dict[str, float] = Field(default_factory=dict)
    """The share of each language, as `weights` of sources; with both, each gets its share as far as that can be. Every
    language with training documents has one; 0 leaves it out."""
    held_out: str = ""
    """The folder of a finished corpus whose held-out documents stand in for this one's, and that training stays clear
    of: for models that are to be compared."""
    curriculum: Curriculum = Curriculum()

    @model_validator(mode="after")
    def _weights_or_epochs(self) -> Self:
        if self.epochs and (self.weights or self.size):
            raise ValueError(f"give {'weights' if self.weights else 'size'} or epochs, not both")
        for key in ("weights", "epochs", "language_weights"):
            for name, value in getattr(self, key).items():
                if value < 0:
                    raise ValueError(f"{key}.{name} is negative: {value:g}")
        for key in ("weights", "language_weights"):
            if getattr(self, key) and not sum(getattr(self, key).values()):
                raise ValueError(f"all {key} are 0")
        if self.language_weights and self.language_temperature > 1.0:
            raise ValueError("give language_weights or language_temperature, not both")
        return self
