"""The section of a recipe on the comparison of small models, each trained on another variant of the corpus."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.augmentation import Augmentation
from stages.recipe.model import Model
from stages.recipe.optimization import default_of
from stages.recipe.section import Section
from stages.recipe.training import Pretrain

UNREAD = (
    "quotas",
    "evaluate_every",
    "early_stopping_evaluations",
    "checkpoint_every",
    "keep_checkpoints",
    "tensorboard",
    "generation",
    "threads",
)
"""Keys of `[pretrain]` that mean nothing here: a small model sees all rows of its variant, is measured at its end, and
kept nowhere."""


class SmallModel(Model):
    """The shape of the small models: as `[pretrain.model]`, with smaller defaults."""

    layers: int = Field(default=2, gt=0)
    width: int = Field(default=128, gt=0)


class SmallModels(Pretrain):
    """The training of the small models: as `[pretrain]`, with smaller defaults."""

    steps: int = Field(default=300, gt=0)
    batch_rows: int = Field(default=8, gt=0)
    micro_batch_rows: int = Field(default=8, gt=0)
    learning_rate: float = Field(default_factory=default_of("learning_rate", factor=4.0), gt=0)
    warmup_steps: int = Field(default=30, ge=0)
    maximum_skipped_steps: int = Field(default=0, ge=0)
    """A model that skipped a step would have seen less than those it is compared with."""
    precision: Literal["bf16", "fp32"] = "fp32"
    model: SmallModel = SmallModel()

    @model_validator(mode="after")
    def _every_key_is_read(self) -> Self:
        for key in UNREAD:
            if key in self.model_fields_set:
                raise ValueError(
                    f"{key} means nothing for models that see all rows, are measured once and not kept; leave it out"
                )
        return self


class Ablate(Section):
    """Which variants of the corpus are compared, and by which small models."""

    seeds: int = Field(default=3, ge=2)
    """Models of each variant. Model number i has the same seed in all variants, so that differences are paired."""
    confidence: float = Field(default=0.95, gt=0.0, lt=1.0)
    """Of the intervals."""
    share: float = Field(default=1.0, gt=0.0, le=1.0)
    """The share of all texts that variants are made of, drawn by their ids. Small models see a small part of a corpus;
    but of a share s of the texts only s² of the pairs of duplicates are left."""
    filters: bool = True
    """A variant without each group of quality rules, repeated_text and decontamination that the recipe turns on."""
    near_duplicates: bool = True
    """A variant with all duplicates."""
    sources: bool = True
    """A variant without each source."""
    augmentation: tuple[Augmentation, ...] = ()
    """A variant with each of these; empty takes those of `corpus.augmentation`. The base has none."""
    pretrain: SmallModels = SmallModels()
    """The small models."""

    @model_validator(mode="after")
    def _augmentations_differ(self) -> Self:
        names = [(one.name, one.share) for one in self.augmentation]
        for name, share in names:
            if names.count((name, share)) > 1:
                raise ValueError(f"two augmentations are {name} with share {share:g}")
        return self
