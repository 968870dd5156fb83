"""The models as files: safetensors, found through the manifest of the folder that `make quality-model` wrote."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import DTypeLike, NDArray

from stages.artifacts import join, open_file, read_manifest
from stages.errors import GristmillError
from stages.quality_model.linear import BUCKET_BITS, LinearModel
from stages.quality_model.ngrams import MAXIMUM_ORDER, NgramModel, Order, Vocabulary

CLASSIFIER, PERPLEXITY = "classifier", "perplexity"
MODEL_FILE = "model.safetensors"
COMMAND = "quality-model"

Tensors = Mapping[str, NDArray[Any]]


def linear_to_bytes(model: LinearModel) -> bytes:
    """The file of a classifier; equal models give equal bytes."""
    calibration = np.array([model.slope, model.intercept], np.float64)
    return safetensors.numpy.save({"calibration": calibration, "weights": model.weights})


def ngrams_to_bytes(model: NgramModel) -> bytes:
    """The file of an n-gram model; equal models give equal bytes."""
    tensors: dict[str, NDArray[Any]] = {
        "characters": model.vocabulary.characters,
        "tokens": model.vocabulary.tokens,
        "single": model.single,
    }
    for length, order in enumerate(model.orders, 2):
        tensors |= {f"{name}_{length}": getattr(order, name) for name in ("keys", "contexts")}
        tensors |= {f"{name}_{length}": getattr(order, name) for name in ("probabilities", "backoffs")}
    return safetensors.numpy.save(tensors)


def trained_languages(folder: str) -> frozenset[str]:
    """The languages that both sets had: of texts in others the models say nothing."""
    return frozenset(read_manifest(folder, COMMAND).facts.get("languages", {}))


def load_linear(folder: str) -> LinearModel:
    """The classifier of a folder; one that is missing or damaged is a GristmillError."""
    path, tensors = _load(folder, CLASSIFIER)
    weights = _tensor(path, tensors, "weights", np.int32)
    calibration = _tensor(path, tensors, "calibration", np.float64)
    if len(weights) != 1 << BUCKET_BITS or len(calibration) != 2 or not all(map(math.isfinite, calibration)):
        raise _damaged(path, "its tensors have other sizes than this version's")
    return LinearModel(weights, *map(float, calibration))


def load_ngrams(folder: str) -> NgramModel:
    """The n-gram model of a folder; one that is missing or damaged is a GristmillError."""
    path, tensors = _load(folder, PERPLEXITY)
    vocabulary = Vocabulary(
        _tensor(path, tensors, "characters", np.uint32),
        _tensor(path, tensors, "tokens", np.uint64),
    )
    single = _tensor(path, tensors, "single", np.int16)
    lengths = [length for length in range(2, MAXIMUM_ORDER + 1) if f"keys_{length}" in tensors]
    orders = [_order(path, tensors, length) for length in lengths]
    if len(single) != vocabulary.size or lengths != list(range(2, len(lengths) + 2)):
        raise _damaged(path, "its tensors do not belong together")
    return NgramModel(vocabulary, single, orders)


def _order(path: str, tensors: Tensors, length: int) -> Order:
    order = Order(
        _tensor(path, tensors, f"keys_{length}", np.uint64),
        _tensor(path, tensors, f"probabilities_{length}", np.int16),
        _tensor(path, tensors, f"contexts_{length}", np.uint64),
        _tensor(path, tensors, f"backoffs_{length}", np.int16),
    )
    if len(order.keys) != len(order.probabilities) or len(order.contexts) != len(order.backoffs):
        raise _damaged(path, "its tensors do not belong together")
    return order


def _load(folder: str, kind: str) -> tuple[str, Tensors]:
    files = read_manifest(folder, COMMAND).files.get(kind)
    if not files:
        raise GristmillError(f"{folder}: holds no {kind}; name a folder that `make {COMMAND}` wrote")
    path = join(folder, files[0].path)
    with open_file(path) as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != files[0].sha256:
        raise _damaged(path, "its hash is not that of the manifest")
    try:
        return path, safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise _damaged(path, str(error)) from error


def _tensor(path: str, tensors: Tensors, name: str, dtype: DTypeLike) -> NDArray[Any]:
    tensor = tensors.get(name)
    if tensor is None or tensor.dtype != dtype or tensor.ndim != 1:
        raise _damaged(path, f"tensor {name} is missing or of another type")
    return tensor


def _damaged(path: str, reason: str) -> GristmillError:
    return GristmillError(f"{path}: damaged: {reason}; run `make {COMMAND}` again")
