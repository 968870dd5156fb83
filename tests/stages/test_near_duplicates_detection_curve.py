"""The detection curve: published values, and the rate at which real signatures meet in a band."""

import numpy as np
import pytest

from stages.near_duplicates.detection_curve import detection_probability, similarity_found
from stages.near_duplicates.signatures import band_keys
from stages.recipe import NearDuplicates


@pytest.mark.parametrize(("similarity", "probability"), [(0.5, 0.053), (0.7, 0.565), (0.8, 0.924), (0.9, 0.9996)])
def test_default_bands_are_those_of_fineweb(similarity, probability):
    settings = NearDuplicates()
    assert detection_probability(similarity, settings.bands, settings.rows) == pytest.approx(probability, abs=5e-4)


def test_the_ends_are_certain():
    assert detection_probability(0.0, 14, 8) == 0.0
    assert detection_probability(1.0, 14, 8) == 1.0


@pytest.mark.parametrize("similarity", [0.6, 0.7, 0.8])
def test_signatures_that_agree_so_often_meet_so_often(similarity):
    settings, generator = NearDuplicates(), np.random.default_rng(1)
    left, noise = generator.integers(0, 2**32, (2, 4000, settings.bands * settings.rows), np.uint32)
    right = np.where(generator.random(left.shape) < similarity, left, noise)
    met = (band_keys(left, settings) == band_keys(right, settings)).any(axis=1).mean()
    assert met == pytest.approx(detection_probability(similarity, settings.bands, settings.rows), abs=0.025)


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 5), (450, 20)])
def test_a_similarity_is_found_with_the_probability_that_names_it(bands, rows):
    for probability in (0.01, 0.5, 0.99):
        similarity = similarity_found(probability, bands, rows)
        assert detection_probability(similarity, bands, rows) == pytest.approx(probability)
    assert similarity_found(0.5, 14, 8) == pytest.approx(0.685, abs=5e-4)
