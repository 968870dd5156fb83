"""What a tokenizer is trained on: bins and bounds of draws, and texts cut at the ends of training lines."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.tokenizer import training_lines
from stages.tokenizer_sample import (
    ALL,
    LAST_BIN,
    bin_range,
    bound_from_above,
    bound_from_below,
    count_lines,
    draw_bin,
    head_within,
    sample_draw,
)

check = settings(derandomize=True, deadline=None, max_examples=200)
DRAWS = st.integers(0, ALL - 1) | st.integers(0, 2_000) | st.integers(ALL - 2_000, ALL - 1)
TEXTS = st.lists(
    st.text(max_size=30) | st.text("ab ü", min_size=0, max_size=12).map(lambda part: part * 1_200), max_size=6
).map("\n".join)


def test_bins_lie_one_behind_the_other_over_all_draws() -> None:
    ranges = [bin_range(number) for number in range(LAST_BIN + 1)]
    assert ranges[0][0] == 0 and ranges[-1][1] == ALL
    assert all(before[1] == after[0] for before, after in pairwise(ranges))


@check
@given(DRAWS)
@example(2**63)
@example(2**63 - 1)
def test_a_draw_lies_in_its_bin_which_is_narrow_near_both_ends(number: int) -> None:
    start, stop = bin_range(draw_bin(number))
    assert start <= number < stop
    assert stop - start <= max(1, min(stop, ALL - start) // 5 + 1)


@check
@given(st.lists(st.tuples(DRAWS, st.integers(0, 1_000)), max_size=30), st.integers(0, 12_000))
def test_within_a_bound_there_is_as_much_as_is_asked_for(documents: list[tuple[int, int]], target: int) -> None:
    sizes: dict[int, int] = {}
    for number, size in documents:
        sizes[draw_bin(number)] = sizes.get(draw_bin(number), 0) + size
    there = min(target, sum(size for _, size in documents))
    below, above = bound_from_below(sizes, target), bound_from_above(sizes, target)
    assert sum(size for number, size in documents if number < below) >= there
    assert sum(size for number, size in documents if number >= above) >= there
    if not target:
        assert (below, above) == (0, ALL)


def test_a_bound_leaves_out_what_is_far_behind_it() -> None:
    sizes = {draw_bin(number << 40): 1 for number in range(1, 2**24, 997)}
    bins = sorted(sizes)
    assert bound_from_below(sizes, 3) == bin_range(bins[2])[1]
    assert bound_from_above(sizes, 3) == bin_range(bins[-3])[0]


@check
@given(TEXTS, st.integers(0, 20_000))
def test_a_head_ends_with_a_line_and_the_next_line_has_no_room(text: str, most: int) -> None:
    head, lines = head_within(text, most, "bytes"), list(training_lines(text))
    assert text.startswith(head) and len(head.encode()) <= most
    own = list(training_lines(head))
    assert own == lines[: len(own)]
    if len(own) < len(lines):
        after = text.index(lines[len(own)], len(head)) + len(lines[len(own)])
        assert len(text[:after].encode()) > most


@check
@given(TEXTS, st.integers(0, 8))
def test_a_head_of_so_many_lines_has_them(text: str, most: int) -> None:
    head, lines = head_within(text, most, "lines"), list(training_lines(text))
    assert text.startswith(head)
    assert list(training_lines(head)) == lines[:most]
    assert head == text or len(lines) > most
    assert count_lines(text) == len(lines)


def test_draws_depend_on_id_and_seed() -> None:
    assert sample_draw(1, 1) == sample_draw(1, 1) != sample_draw(2, 1)
    assert sample_draw(1, 2) != sample_draw(1, 1)
