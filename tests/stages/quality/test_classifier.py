"""The classifier as a group of quality rules: what it measures, filters and says of a model that is not there."""

from pathlib import Path

import numpy as np
import pytest

from stages.errors import GristmillError
from stages.quality import classifier
from stages.quality.checking import check_quality
from stages.quality.prepared import Prepared
from stages.quality_model.linear import BUCKET_BITS, WEIGHT_STEPS, LinearModel, feature_blocks
from stages.quality_model.model_files import linear_to_bytes
from stages.recipe import C4, Classifier, FineWeb, GopherQuality, GopherRepetition, Quality
from tests.stages.quality_model.test_model_files import write_models

GOOD, BAD = "wheat", "chaff"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that knows one good and one bad word."""
    weights = np.zeros(1 << BUCKET_BITS, np.int32)
    for word, weight in ((GOOD, 8), (BAD, -8)):
        (buckets,) = feature_blocks(word)
        weights[buckets] = weight * WEIGHT_STEPS
    return write_models(tmp_path_factory.mktemp("model") / "m", linear_to_bytes(LinearModel(weights, 2.0, 0.0)), b"")


def quality(folder: str, least: float) -> Quality:
    return Quality(
        gopher_quality=GopherQuality(enabled=False),
        gopher_repetition=GopherRepetition(enabled=False),
        c4=C4(enabled=False),
        fineweb=FineWeb(enabled=False),
        classifier=Classifier(model=folder, minimum_quality_score=least),
    )


def test_it_measures_a_score_between_zero_and_one(folder: str) -> None:
    settings = Classifier(model=folder)
    scores = [classifier.measure(Prepared(text, "en"), settings).values for text in (BAD, "neither", GOOD)]
    assert [score.keys() for score in scores] == [{"quality_score"}] * 3
    assert 0 <= scores[0]["quality_score"] < 0.01
    assert scores[1]["quality_score"] == 0.5
    assert 0.99 < scores[2]["quality_score"] <= 1


def test_a_minimum_refuses_with_the_measured_value(folder: str) -> None:
    refused = check_quality(BAD, "en", quality(folder, 0.2))
    assert refused.refusal is not None
    assert (refused.refusal.rule, refused.refusal.threshold) == ("minimum_quality_score", 0.2)
    assert refused.refusal.value == refused.measurements["quality_score"] < 0.2
    assert check_quality(GOOD, "en", quality(folder, 0.2)).refusal is None


def test_by_default_the_score_is_a_column_and_refuses_nothing(folder: str) -> None:
    checked = check_quality(BAD, "en", quality(folder, 0.0))
    assert checked.refusal is None
    assert "quality_score" in checked.measurements


def test_a_language_that_the_model_does_not_know_is_not_measured(folder: str) -> None:
    assert classifier.measure(Prepared(BAD, "fr"), Classifier(model=folder)).values
    assert check_quality(BAD, "de", quality(folder, 0.9)).measurements == {}
    assert check_quality(BAD, "de", quality(folder, 0.9)).refusal is None


def test_without_a_model_nothing_is_measured() -> None:
    assert "quality_score" not in check_quality(GOOD, "en", quality("", 0.0)).measurements


def test_a_missing_model_names_the_key_and_the_command(tmp_path: Path) -> None:
    settings = Classifier(model=str(tmp_path / "none"))
    with pytest.raises(GristmillError, match=r"^corpus.quality.classifier.model: .*none.*`make quality-model`"):
        classifier.measure(Prepared("text", "en"), settings)
