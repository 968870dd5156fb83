"""What each step is made of: rows of every part in exact proportion, by the schedule in `pretrain.quotas`.

A part is a source or a language; its share of a step's rows is seldom a whole number. Each step takes the whole rows of
every share, and deals what is left of the step by systematic sampling: the fractions stand end to end on a line, and
the points u, u + 1, … each take a row of the part that they fall on. So every step is full, and no part has more than
one row above its whole share. From step to step u moves on by the golden ratio (a Weyl sequence), which keeps the sums
near to what is due: over 30 random mixtures no part was ever 3 rows away from it in a thousand steps, or 5 in a
million. All of it is in integers, so it is the same on every machine. How many rows of each part came before a step is
a formula of the step; there is no state.

Rows of parts that no quota names are not trained on.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

import numpy as np

from stages.errors import GristmillError
from stages.recipe import Quota
from stages.shards import Run
from trainer.order import Epochs, RowIds, part_rows, random_numbers

CIRCLE = 1 << 64
GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: of all steps round a circle, those of the golden ratio leave the evenest gaps
(Knuth, The Art of Computer Programming, volume 3, 6.4, theorem S)."""


class Deal:
    """How many rows of each part a step has, while the weights stay the same."""

    def __init__(self, weights: Mapping[str, float], parts: Sequence[str], batch_rows: int, phase: int):
        """Weights are taken as the decimals that they are written as; `phase` is u of step 0, in 2^-64."""
        # str gives the shortest decimal that is this number: 0.1 is a tenth, not the binary fraction next to it.
        exact = [Fraction(str(weights.get(part, 0.0))) for part in parts]
        shares = [batch_rows * one / sum(exact) for one in exact]
        self._whole = [floor(share) for share in shares]
        edges = [sum((share % 1 for share in shares[:place]), Fraction(0)) for place in range(len(shares) + 1)]
        self._edges = [(floor(edge), ceil(edge % 1 * CIRCLE)) for edge in edges]
        self._phase = phase

    def counts(self, first: int, last: int) -> list[int]:
        """The rows of each part in the steps from `first` to before `last`, all together."""
        steps, start = last - first, self._phase + first * GOLDEN
        below = [steps * whole + points_below(bound, start, steps) for whole, bound in self._edges]
        pairs = zip(self._whole, below[:-1], below[1:], strict=True)
        return [steps * whole + after - before for whole, before, after in pairs]


def points_below(bound: int, start: int, count: int) -> int:
    """How many of `start` + i * GOLDEN modulo CIRCLE, for i from 0 to before `count`, are below a bound."""
    return floor_sum(count, CIRCLE, GOLDEN, start) - floor_sum(count, CIRCLE, GOLDEN, start - bound)


def floor_sum(count: int, divisor: int, factor: int, start: int) -> int:
    """The sum of floor((factor * i + start) / divisor) for i from 0 to before `count`, in as many turns as Euclid's
    algorithm takes (Graham, Knuth and Patashnik, Concrete Mathematics, 3.5)."""
    total = 0
    while True:
        total += count * (count - 1) // 2 * (factor // divisor) + count * (start // divisor)
        factor, start = factor % divisor, start % divisor
        highest = factor * count + start
        if highest < divisor:
            return total
        count, start = divmod(highest, divisor)
        divisor, factor = factor, divisor


class QuotaOrder:
    """The rows of each step: every part goes through epochs of its own, and a step mixes what it takes of them."""

    def __init__(self, runs: Sequence[Run], quotas: Sequence[Quota], seed: int, batch_rows: int):
        """GristmillError if a quota names a part that is not there or has no rows."""
        parts = _checked(runs, quotas)
        self._seed = seed
        self._epochs = [Epochs(*part_rows(runs, part), seed, _number(f"part {part}")) for part in parts]
        self._starts = [quota.from_step for quota in quotas]
        self._deals = [Deal(quota.weights, parts, batch_rows, _number(f"quotas {seed}")) for quota in quotas]
        self._before = [[0] * len(parts)]
        """The rows of each part before each of the starts."""
        for deal, first, last in zip(self._deals, self._starts, self._starts[1:], strict=False):
            self._before.append(_sums(self._before[-1], deal.counts(first, last)))

    def counts(self, step: int) -> tuple[list[int], list[int]]:
        """The rows of each part, by name, before a step (counted from 0), and in it."""
        place = bisect_right(self._starts, step) - 1
        deal = self._deals[place]
        return _sums(self._before[place], deal.counts(self._starts[place], step)), deal.counts(step, step + 1)

    def rows(self, step: int) -> RowIds:
        """int64 [rows of a step]: the rows of a step, shuffled, so that ranks and micro-batches get all parts alike."""
        each = zip(self._epochs, *self.counts(step), strict=True)
        row_ids = np.concatenate([epochs.rows(before, count) for epochs, before, count in each])
        return row_ids[random_numbers(self._seed, step, _number("steps")).permutation(len(row_ids))]


def _checked(runs: Sequence[Run], quotas: Sequence[Quota]) -> list[str]:
    """The parts that have a share at some time, by name."""
    rows: dict[str, int] = {}
    for run in runs:
        rows[run.part] = rows.get(run.part, 0) + run.rows
    named = sorted({name for quota in quotas for name in quota.weights})
    if set(rows) <= {""}:
        raise GristmillError(
            "pretrain.quotas: the rows hold documents of any source; set tokenizer.packing.rows_of to 'source' or"
            " 'language'"
        )
    there = ", ".join(sorted(rows))
    for name in named:
        if name not in rows:
            raise GristmillError(f"pretrain.quotas: there are no rows of {name!r}; there are: {there}")
    used = [name for name in named if any(quota.weights.get(name) for quota in quotas)]
    for name in used:
        if not rows[name]:
            raise GristmillError(f"pretrain.quotas: {name!r} has no rows to train on; its weight must be 0")
    return used


def _sums(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(first, second, strict=True)]


def _number(name: str) -> int:
    """64 bits that depend on a name alone (BLAKE2b), never 0, which is the stream of rows without quotas."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little") or 1
