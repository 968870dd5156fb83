"""The weights that training starts from: a function of the settings and a seed."""

from collections.abc import Callable

import safetensors
import torch
from torch import Tensor, nn

from stages.errors import GristmillError
from stages.recipe import Model

DEVIATION = 0.02
"""GPT-2's (Radford et al. 2019), as is the smaller start of what is added to the residual stream."""
GIVEN = "embedding.weight"
"""The name of the matrix in a file of given vectors; in a model it is named so too."""


def initialize(model: nn.Module, settings: Model, seed: int) -> None:
    """Sets all weights of a model on the CPU, whose module names are those of `trainer.model.Transformer`.

    Norms start at one. They do not depend on torch's global random state. A file of given vectors that does not fit is
    a GristmillError.
    """
    generator = torch.Generator().manual_seed(seed)
    draw = {"normal": _normal, "xavier": _xavier, "kaiming": _kaiming}[settings.initialization]
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            nn.init.ones_(parameter)
        elif name.startswith("layers."):
            draw(name, parameter, settings, generator)
        else:
            # Not by their shape: rows are looked up one by one, and a head that starts small makes the first loss the
            # logarithm of the vocabulary.
            nn.init.normal_(parameter, std=DEVIATION, generator=generator)
    if settings.embeddings:
        with torch.no_grad():
            embedding = model.get_parameter(GIVEN)
            embedding.copy_(given_embeddings(settings.embeddings, embedding.shape))


def given_embeddings(path: str, shape: torch.Size) -> Tensor:
    """The matrix `embedding.weight` of a safetensors file; GristmillError if it is not there, or of another shape."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            if GIVEN not in file.keys():  # noqa: SIM118 - it is no mapping
                raise GristmillError(f"model.embeddings: {path} has no matrix named {GIVEN}")
            matrix: Tensor = file.get_tensor(GIVEN)
    except (OSError, safetensors.SafetensorError) as error:
        raise GristmillError(f"model.embeddings: {path} is no safetensors file: {error}") from error
    if matrix.shape != shape:
        raise GristmillError(
            f"model.embeddings: {GIVEN} in {path} is {list(matrix.shape)}; the vocabulary and the width of the"
            f" model make it {list(shape)}"
        )
    if not (matrix.is_floating_point() and matrix.isfinite().all()):
        raise GristmillError(f"model.embeddings: {GIVEN} in {path} has values that are not finite numbers")
    return matrix


Draw = Callable[[str, Tensor, Model, torch.Generator], None]
"""Sets a matrix [fan-out, fan-in] of a layer, of that name in the model."""


def _normal(name: str, matrix: Tensor, settings: Model, generator: torch.Generator) -> None:
    is_residual = name.endswith((".output.weight", ".down.weight"))
    deviation = DEVIATION * (2 * settings.layers) ** -0.5 if is_residual else DEVIATION
    nn.init.normal_(matrix, std=deviation, generator=generator)


def _xavier(_name: str, matrix: Tensor, _settings: Model, generator: torch.Generator) -> None:
    """Uniform, with the variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010, equation 16)."""
    nn.init.xavier_uniform_(matrix, generator=generator)


def _kaiming(name: str, matrix: Tensor, settings: Model, generator: torch.Generator) -> None:
    """Normal, with the variance 1 / fan-in, or 2 / fan-in behind a rectifier (He et al. 2015, equations 10 and 14)."""
    is_rectified = name.endswith(".down.weight") and settings.activation != "swiglu"
    nn.init.kaiming_normal_(matrix, nonlinearity="relu" if is_rectified else "linear", generator=generator)
