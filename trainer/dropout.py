"""Dropout (Srivastava et al. 2014) whose choices are a function of a seed, the draw and the place in the model.

So a run that goes on from a checkpoint drops what it would have dropped, and torch's global random state is left alone.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Dropout:
    """The dropout of one micro-batch."""

    share: float
    """How much is dropped; 0 changes nothing."""
    seed: int
    draw: int
    """Differs from micro-batch to micro-batch."""

    def __call__(self, hidden: Tensor, place: int) -> Tensor:
        """[...] -> the same shape and dtype: some numbers are zero, the rest larger, so that the mean stays."""
        if not self.share:
            return hidden
        [seed] = np.random.SeedSequence([self.seed, self.draw, place]).generate_state(1, np.uint64)
        generator = torch.Generator(hidden.device).manual_seed(int(seed >> np.uint64(1)))
        kept = torch.rand(hidden.shape, generator=generator, device=hidden.device) >= self.share
        return hidden * kept / (1.0 - self.share)
