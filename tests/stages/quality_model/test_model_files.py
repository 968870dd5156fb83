"""Models as files: what was written is read, and what is damaged is told in one line."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from stages.artifacts import Manifest, OutputFile, sha256_of, write_manifest
from stages.errors import GristmillError
from stages.quality_model.linear import BUCKET_BITS, LinearModel
from stages.quality_model.model_files import (
    linear_to_bytes,
    load_linear,
    load_ngrams,
    ngrams_to_bytes,
    trained_languages,
)
from stages.quality_model.ngram_training import train_ngrams
from tests.stages.quality_model.example_texts import sentences

LINEAR = LinearModel(np.arange(1 << BUCKET_BITS, dtype=np.int32), 2.5, -0.125)
NGRAMS = train_ngrams(map(sentences, range(5)), 100, 3)


def write_models(folder: Path, linear: bytes, ngrams: bytes) -> str:
    """A folder as `make quality-model` writes it."""
    files = {}
    for kind, data in (("classifier", linear), ("perplexity", ngrams)):
        path = folder / kind / "model.safetensors"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        files[kind] = [OutputFile(f"{kind}/model.safetensors", len(data), sha256_of(path), 0)]
    write_manifest(str(folder), Manifest("quality_model", files, {"languages": {"en": 100, "fr": 50}}))
    return str(folder)


def test_models_that_are_read_again_score_the_same(tmp_path: Path) -> None:
    folder = write_models(tmp_path, linear_to_bytes(LINEAR), ngrams_to_bytes(NGRAMS))
    linear, ngrams = load_linear(folder), load_ngrams(folder)
    assert np.array_equal(linear.weights, LINEAR.weights)
    assert (linear.slope, linear.intercept) == (2.5, -0.125)
    assert len(ngrams.orders) == 2
    assert trained_languages(folder) == {"en", "fr"}
    for number in range(10):
        assert ngrams.perplexity(sentences(number)) == NGRAMS.perplexity(sentences(number))


def test_equal_models_are_equal_bytes() -> None:
    assert linear_to_bytes(LINEAR) == linear_to_bytes(LINEAR)
    assert ngrams_to_bytes(NGRAMS) == ngrams_to_bytes(train_ngrams(map(sentences, range(5)), 100, 3))


@pytest.mark.parametrize("load", [load_linear, load_ngrams])
def test_a_folder_without_models_names_the_command(tmp_path: Path, load) -> None:
    with pytest.raises(GristmillError, match=r"manifest.json: not there; run `make quality-model` first"):
        load(str(tmp_path))


@pytest.mark.parametrize("load", [load_linear, load_ngrams])
def test_another_jobs_folder_is_refused(tmp_path: Path, load) -> None:
    write_manifest(str(tmp_path), Manifest("corpus", {"documents": []}))
    with pytest.raises(GristmillError, match="name a folder that `make quality-model` wrote"):
        load(str(tmp_path))


@pytest.mark.parametrize(("kind", "load"), [("classifier", load_linear), ("perplexity", load_ngrams)])
def test_a_changed_byte_is_found(tmp_path: Path, kind: str, load) -> None:
    folder = write_models(tmp_path, linear_to_bytes(LINEAR), ngrams_to_bytes(NGRAMS))
    path = tmp_path / kind / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(GristmillError, match=r"safetensors: damaged: its hash .* run `make quality-model` again"):
        load(folder)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no tensors", "damaged"),
        (safetensors.numpy.save({"weights": np.zeros(5, np.int32), "calibration": np.zeros(2)}), "other sizes"),
        (safetensors.numpy.save({"weights": np.zeros(5, np.float32)}), "tensor weights is missing or of another type"),
        (safetensors.numpy.save({"calibration": np.zeros(2)}), "tensor weights is missing or of another type"),
    ],
)
def test_a_classifier_of_another_shape_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(GristmillError, match=reason):
        load_linear(write_models(tmp_path, data, b""))


@pytest.mark.parametrize("changed", ["single", "keys_3", "backoffs_2", "tokens"])
def test_an_ngram_model_whose_parts_do_not_fit_is_told(tmp_path: Path, changed: str) -> None:
    tensors = safetensors.numpy.load(ngrams_to_bytes(NGRAMS))
    tensors[changed] = tensors[changed][:-1]
    with pytest.raises(GristmillError, match="do not belong together"):
        load_ngrams(write_models(tmp_path, b"", safetensors.numpy.save(tensors)))


def test_an_ngram_model_without_its_middle_order_is_told(tmp_path: Path) -> None:
    tensors = safetensors.numpy.load(ngrams_to_bytes(NGRAMS))
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith("_2")}
    with pytest.raises(GristmillError, match="do not belong together"):
        load_ngrams(write_models(tmp_path, b"", safetensors.numpy.save(kept)))
