"""The section of a recipe that says what is trained on besides plain cross-entropy."""

from typing import Self

from pydantic import Field, model_validator

from stages.recipe.section import Section


class Loss(Section):
    """Changes to the cross-entropy that is trained on; the loss that is reported stays the plain one."""

    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """The share of each label that is spread evenly over the whole vocabulary (Szegedy et al. 2016 and Vaswani et al.
    2017: 0.1)."""
    focal_gamma: float = Field(default=0.0, ge=0)
    """Multiplies the loss of a label of probability p by (1 - p) ** focal_gamma, so that what is known already counts
    less (Lin et al. 2017: 2)."""
    z_loss: float = Field(default=0.0, ge=0)
    """Adds z_loss * log(Z) ** 2 a label, Z being the sum of the exponentials of the logits, which keeps logits from
    drifting (PaLM, Chowdhery et al. 2022: 1e-4)."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.label_smoothing and self.focal_gamma:
            raise ValueError(
                "label_smoothing and focal_gamma exclude each other: neither paper defines the two at once"
            )
        return self

    @property
    def plain(self) -> bool:
        """Whether what is trained on is the plain cross-entropy."""
        return not (self.label_smoothing or self.focal_gamma or self.z_loss)
