"""The mixture: shares are met, limits hold, and who is drawn depends on nothing but ids and the seed."""

import math
from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.mixture import Cells, amounts, copies, factors, length_bin, score_bin, stage_of_bins
from stages.recipe import Mixture

SIZES = {("web", "en"): 800_000, ("web", "fr"): 100_000, ("books", "en"): 80_000, ("wiki", "fr"): 20_000}
WEIGHTS = {"web": 5.0, "books": 3.0, "wiki": 2.0}
check = settings(derandomize=True, deadline=None, max_examples=100)


def mixed(sizes: dict[tuple[str, str], int], **keys: object) -> Cells:
    found = factors(sizes, Mixture.model_validate(keys))
    return {group: found[group] * size for group, size in sizes.items()}


def along(cells: Cells, axis: int) -> dict[str, float]:
    total: Counter[str] = Counter()
    for group, size in cells.items():
        total[group[axis]] += size  # type: ignore[assignment]
    return dict(total)


def test_without_keys_every_document_is_there_once() -> None:
    assert factors(SIZES, Mixture()) == dict.fromkeys(SIZES, 1.0)
    assert factors({}, Mixture()) == {}


def test_epochs_are_factors_past_any_maximum_and_others_stay() -> None:
    found = factors(SIZES, Mixture(epochs={"web": 0.25, "books": 9.5}))
    assert found == {("web", "en"): 0.25, ("web", "fr"): 0.25, ("books", "en"): 9.5, ("wiki", "fr"): 1.0}


def test_weights_give_each_source_its_share_of_as_much_as_there_is() -> None:
    cells = mixed(SIZES, weights=WEIGHTS, maximum_epochs=100.0)
    assert along(cells, 0) == pytest.approx({"web": 500_000, "books": 300_000, "wiki": 200_000})
    assert cells["web", "en"] / cells["web", "fr"] == pytest.approx(8), "a source keeps its languages' shares"


def test_the_size_is_met_in_millions() -> None:
    assert sum(mixed(SIZES, size=0.25).values()) == pytest.approx(250_000)
    assert sum(mixed(SIZES, size=2.5, weights=WEIGHTS, maximum_epochs=99.0).values()) == pytest.approx(2_500_000)


def test_what_a_small_source_cannot_give_the_others_give() -> None:
    cells = along(mixed(SIZES, weights={"web": 5.0, "books": 2.0, "wiki": 3.0}), 0)
    assert cells["wiki"] == pytest.approx(4 * 20_000)
    assert cells["web"] / cells["books"] == pytest.approx(5 / 2)
    assert sum(cells.values()) == pytest.approx(1_000_000)


def test_a_mixture_that_the_limits_cannot_fill_is_smaller() -> None:
    cells = mixed(SIZES, weights={"web": 0.0, "books": 1.0, "wiki": 1.0}, size=9.0)
    assert along(cells, 0) == pytest.approx({"web": 0, "books": 320_000, "wiki": 80_000})
    assert factors(SIZES, Mixture(size=9.0)) == dict.fromkeys(SIZES, 4.0)


def test_the_temperature_gives_languages_the_power_of_their_size() -> None:
    cells = mixed(SIZES, language_temperature=5.0)
    assert along(cells, 1)["en"] / along(cells, 1)["fr"] == pytest.approx((880 / 120) ** 0.2)
    assert sum(cells.values()) == pytest.approx(1_000_000)
    assert cells["web", "fr"] / cells["wiki", "fr"] == pytest.approx(5)


def test_fitting_meets_the_shares_of_sources_and_of_languages() -> None:
    sizes = {(source, language): 1_000 * (3 + len(source) * ord(language)) for source in WEIGHTS for language in "abc"}
    cells = mixed(sizes, weights=WEIGHTS, language_temperature=3.0)
    total, natural = sum(sizes.values()), along({group: float(size) for group, size in sizes.items()}, 1)
    powers = {language: size ** (1 / 3) for language, size in natural.items()}
    expected = {language: total * power / sum(powers.values()) for language, power in powers.items()}
    assert along(cells, 0) == pytest.approx({name: total * weight / 10 for name, weight in WEIGHTS.items()}, rel=1e-7)
    assert along(cells, 1) == pytest.approx(expected, rel=1e-7)


def test_language_weights_give_each_language_its_share() -> None:
    cells = mixed(SIZES, language_weights={"en": 1.0, "fr": 3.0}, maximum_epochs=100.0)
    assert along(cells, 1) == pytest.approx({"en": 250_000, "fr": 750_000})
    assert cells["web", "fr"] / cells["wiki", "fr"] == pytest.approx(5), "a language keeps its sources' shares"


def test_weights_of_sources_and_of_languages_hold_together() -> None:
    sizes = {(source, language): 1_000 * (3 + len(source) * ord(language)) for source in WEIGHTS for language in "abc"}
    cells = mixed(sizes, weights=WEIGHTS, language_weights={"a": 6.0, "b": 3.0, "c": 1.0}, size=0.1)
    assert along(cells, 0) == pytest.approx({name: 10_000 * weight for name, weight in WEIGHTS.items()}, rel=1e-7)
    assert along(cells, 1) == pytest.approx({"a": 60_000, "b": 30_000, "c": 10_000}, rel=1e-7)


def test_a_language_of_weight_0_is_left_out() -> None:
    assert along(mixed(SIZES, language_weights={"en": 1.0, "fr": 0.0}), 1) == pytest.approx({"en": 1_000_000, "fr": 0})


def test_amounts_of_texts_that_come_once_fill_up_from_others() -> None:
    asked = Mixture(weights={"web": 1.0, "books": 1.0, "wiki": 1.0}, size=0.3, maximum_epochs=1.0)
    found = amounts(SIZES, asked)
    assert along(found, 0) == pytest.approx({"wiki": 20_000, "books": 80_000, "web": 200_000})
    assert sum(amounts(SIZES, asked.model_copy(update={"size": 9.0})).values()) == pytest.approx(1_000_000)


def test_errors_name_the_section_that_asked() -> None:
    for key in ("weights", "language_weights"):
        with pytest.raises(GristmillError, match=rf"^tokenizer\.sample\.{key}\.xx: no (source|language) of this name"):
            amounts(SIZES, Mixture.model_validate({key: {"xx": 1.0}}), "tokenizer.sample")


def test_where_both_cannot_be_met_the_sources_have_their_shares() -> None:
    cells = mixed(
        {("web", "en"): 500_000, ("wiki", "fr"): 500_000}, weights={"web": 3, "wiki": 1}, language_temperature=2.0
    )
    assert along(cells, 0) == pytest.approx({"web": 750_000, "wiki": 250_000})


GROUPS = st.dictionaries(
    st.sampled_from(list(product(("a", "b", "c"), ("en", "fr", "de")))), st.integers(0, 10**9), min_size=1
).filter(lambda sizes: any(sizes.values()))


@check
@given(GROUPS, st.lists(st.floats(0.01, 100), min_size=3, max_size=3), st.floats(0.2, 8), st.floats(1, 10))
def test_no_factor_passes_the_maximum_and_the_order_of_the_sizes_means_nothing(
    sizes: dict[tuple[str, str], int], weights: list[float], maximum: float, temperature: float
) -> None:
    named = dict(zip("abc", weights, strict=True))
    there = {source for (source, _), size in sizes.items() if size}
    chosen = Mixture(
        weights={source: named[source] for source in there}, maximum_epochs=maximum, language_temperature=temperature
    )
    found = factors(sizes, chosen)
    assert found == factors(dict(reversed(sizes.items())), chosen)
    assert all(0 <= found[group] <= maximum + 1e-9 for group, size in sizes.items() if size)
    assert sum(found[group] * size for group, size in sizes.items()) <= sum(sizes.values()) * (1 + 1e-6) + 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"weights": {"web": 1.0, "books": 1.0}}, "mixture.weights: 'wiki' has none; 0 leaves it out"),
        ({"weights": {**WEIGHTS, "boks": 1.0}}, r"mixture\.weights\.boks: no source .* books, web, wiki have"),
        ({"epochs": {"boks": 2.0}}, r"mixture\.epochs\.boks"),
        ({"language_weights": {"en": 1.0, "fr": 1.0, "xx": 1.0}}, r"language_weights\.xx: no language .* en, fr have"),
        ({"language_weights": {"en": 1.0}}, "mixture.language_weights: 'fr' has none; 0 leaves it out; en, fr have"),
        ({"epochs": {"web": 0.0, "books": 0.0, "wiki": 0.0}}, "no training document is left"),
    ],
)
def test_names_that_fit_no_source_and_empty_mixtures_are_errors(keys: dict[str, object], message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        factors(SIZES, Mixture.model_validate(keys))


@pytest.mark.parametrize("keys", [{"epochs": {"a": 1.0}, "size": 1.0}, {"epochs": {"a": 1.0}, "weights": {"a": 1.0}}])
def test_epochs_go_with_no_other_measure(keys: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="or epochs, not both"):
        Mixture.model_validate(keys)


@check
@given(st.integers(0, 2**64 - 1), st.integers(0, 100), st.floats(0, 20))
def test_a_document_is_there_the_whole_part_and_at_most_once_more(one: int, seed: int, factor: float) -> None:
    times, place = copies(one, seed, factor)
    assert 0 <= place < 1
    assert times - math.floor(factor) == (place < factor - math.floor(factor))


def test_the_number_of_copies_is_the_expected_one() -> None:
    times = [copies(one, 1, 2.3)[0] for one in range(20_000)]
    assert abs(sum(times) - 46_000) < 4 * math.sqrt(20_000 * 0.21)
    assert [copies(one, 2, 2.3)[0] for one in range(100)] != times[:100]


def test_a_larger_factor_only_adds_documents() -> None:
    drawn = [{one for one in range(2_000) if copies(one, 1, factor)[0]} for factor in (0.1, 0.2, 0.7)]
    assert drawn[0] < drawn[1] < drawn[2]


def test_stages_hold_about_equally_many_tokens_in_the_order_of_the_bins() -> None:
    stages = stage_of_bins(dict.fromkeys(range(100), 5.0), 4, descending=False)
    assert [stages[one] for one in range(100)] == [one // 25 for one in range(100)]
    assert stage_of_bins(dict.fromkeys(range(100), 5.0), 4, descending=True)[99] == 0
    assert stage_of_bins({7: 100.0, 8: 1.0}, 4, descending=False) == {7: 1, 8: 3}
    assert stage_of_bins({7: 0.0}, 4, descending=False) == {7: 0}


def test_bins_keep_the_order_of_lengths_and_of_scores() -> None:
    lengths = [length_bin(tokens) for tokens in range(5_000)]
    assert lengths == sorted(lengths) and lengths[:128] == list(range(128))
    assert max(Counter(lengths[:-1]).values()) <= 64, "a bin is at most 1/64 of its lengths wide"
    assert [score_bin(one) for one in (None, 0.0, 0.5, 1.0)] == [-1, 0, 512, 1023]
