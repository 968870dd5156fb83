"""The perplexity as a group of quality rules: what it measures, filters and says of a model that is not there."""

from pathlib import Path

import pytest

from stages.errors import GristmillError
from stages.quality import perplexity
from stages.quality.checking import check_quality
from stages.quality.prepared import Prepared
from stages.quality_model.model_files import ngrams_to_bytes
from stages.quality_model.ngram_training import train_ngrams
from stages.recipe import C4, FineWeb, GopherQuality, GopherRepetition, Perplexity, Quality
from tests.stages.quality_model.example_texts import noise, sentences, shuffled
from tests.stages.quality_model.test_model_files import write_models


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    model = ngrams_to_bytes(train_ngrams(map(sentences, range(50)), 1000, 3))
    return write_models(tmp_path_factory.mktemp("model") / "m", b"", model)


def measured(text: str, folder: str) -> float:
    return perplexity.measure(Prepared(text, "en"), Perplexity(model=folder)).values["perplexity"]


def test_it_measures_how_surprising_a_text_is(folder: str) -> None:
    text = sentences(200)
    assert 1 <= measured(text, folder) < measured(shuffled(text), folder) < measured(noise(1), folder)


def test_a_maximum_refuses_with_the_measured_value(folder: str) -> None:
    quality = Quality(
        gopher_quality=GopherQuality(enabled=False),
        gopher_repetition=GopherRepetition(enabled=False),
        c4=C4(enabled=False),
        fineweb=FineWeb(enabled=False),
        perplexity=Perplexity(model=folder, maximum_perplexity=500.0),
    )
    refused = check_quality(noise(1), "en", quality)
    assert refused.refusal is not None
    assert (refused.refusal.rule, refused.refusal.threshold) == ("maximum_perplexity", 500.0)
    assert refused.refusal.value == refused.measurements["perplexity"] > 500
    assert check_quality(sentences(200), "en", quality).refusal is None


def test_by_default_no_perplexity_is_refused(folder: str) -> None:
    assert measured("", folder) <= Perplexity().maximum_perplexity


def test_a_language_that_the_model_does_not_know_is_not_measured(folder: str) -> None:
    assert perplexity.measure(Prepared(noise(1), "de"), Perplexity(model=folder)).values == {}


def test_a_missing_model_names_the_key_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"^corpus.quality.perplexity.model: .*none.*`make quality-model`"):
        measured("text", str(tmp_path / "none"))
