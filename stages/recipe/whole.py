"""The recipe as a whole."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.ablate import Ablate
from stages.recipe.corpus import Corpus
from stages.recipe.mixture import Mixture
from stages.recipe.quality_model import QualityModel
from stages.recipe.section import Section
from stages.recipe.tokenizer import Tokenizer
from stages.recipe.training import Pretrain


class Sample(Section):
    """The example inputs that `make sample` builds from packages."""

    collection: Literal["english", "chinese"] = "english"
    """English and some French, Spanish and German pages, articles and books; or Chinese pages of documentation."""
    folder: str = "build/sample-inputs"
    size: float = Field(default=1.0, gt=0.0, le=1.0)
    """The share of the pages, articles and texts to take; each is taken or left by the hash of its own name."""


class Recipe(Section):
    """A whole run, from raw files to a trained model."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    output: str = ""
    """The folder of all results; `build/<name>` if empty."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    sample: Sample | None = None
    corpus: Corpus
    quality_model: QualityModel = QualityModel()
    mixture: Mixture = Mixture()
    tokenizer: Tokenizer = Tokenizer()
    pretrain: Pretrain = Pretrain()
    ablate: Ablate = Ablate()

    @model_validator(mode="after")
    def _quotas_have_parts(self) -> Self:
        if self.pretrain.quotas and self.tokenizer.packing.rows_of == "any":
            raise ValueError("pretrain.quotas needs tokenizer.packing.rows_of = 'source' or 'language'")
        return self

    def folder(self, job: str) -> str:
        """The folder that one job writes to."""
        return f"{self.output or 'build/' + self.name}/{job}"
