"""Runs of words that a mask stands for, as T5 learns from (Raffel et al. 2020, arXiv 1910.10683, 3.1.4 and 3.3.4)."""

import itertools
import random
from collections.abc import Sequence

from stages.augmentation.change import Change, Context
from stages.augmentation.prose import neighbours, round_at_random, words_of_prose
from stages.recipe import Step


def span_mask(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A share of the words is masked, in runs of `span_words` on average; `mask` stands where each run stood.

    As in T5's `random_spans_noise_mask`, how many words and runs there are follows from the rate, and their lengths are
    drawn: every way to divide the masked words among the runs is equally likely. A run never holds a line break, a
    number or code: where it comes to one, it ends, and the rest is a run of its own. So runs are shorter on average in
    texts of short lines. The signs between the words of a run go with it.
    """
    words = words_of_prose(text, context.language)
    masked = min(round_at_random(step.rate * len(words), generator), len(words))
    if not masked:
        return Change(text, 0, len(words))
    ends = {run[-1] for run in neighbours(text, words)}
    pieces: list[str] = []
    position = 0
    for first, last in _within_lines(_runs(len(words), masked, step.span_words, generator), ends):
        pieces += text[position : words[first][0]], step.mask
        position = words[last][1]
    return Change("".join([*pieces, text[position:]]), masked, len(words))


def _runs(words: int, masked: int, mean: float, generator: random.Random) -> list[tuple[int, int]]:
    """The first and last words of the runs, in order; at least one word stands between two."""
    left = words - masked
    count = max(1, min(round_at_random(masked / mean, generator), masked, left + 1))
    lengths = _parts(masked, count, generator)
    starts = sorted(generator.sample(range(left + 1), count))
    before = itertools.accumulate(lengths, initial=0)
    return [
        (start + gone, start + gone + length - 1) for start, gone, length in zip(starts, before, lengths, strict=False)
    ]


def _parts(total: int, count: int, generator: random.Random) -> list[int]:
    """A division of a number into positive numbers, every one equally likely."""
    cuts = [0, *sorted(generator.sample(range(1, total), count - 1)), total]
    return [after - before for before, after in itertools.pairwise(cuts)]


def _within_lines(runs: Sequence[tuple[int, int]], ends: set[int]) -> list[tuple[int, int]]:
    """The runs, cut behind every word that nothing but a line break, a number or code follows."""
    found: list[tuple[int, int]] = []
    for first, last in runs:
        start = first
        for word in range(first, last + 1):
            if word == last or word in ends:
                found.append((start, word))
                start = word + 1
    return found
