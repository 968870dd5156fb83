"""Which of two alike documents stays: the order in which documents are considered."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.recipe import Priority

_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d{2})?", re.ASCII)

LAST = np.inf
"""Where a document stands whose date, score or perplexity is not known."""


def timestamp(date: str | None) -> int | None:
    """Seconds since 1970 of a date as ISO 8601 or RFC 5322 write it; without a zone, in UTC; None if it is neither."""
    if not date:
        return None
    text = date.strip().removesuffix(" UTC")
    if _YEAR_OR_MONTH.fullmatch(text):
        text = (text + "-01-01")[:10]
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return None


def in_order(columns: Mapping[str, npt.NDArray[Any]], priority: Sequence[Priority]) -> npt.NDArray[np.int64]:
    """Positions int64 [documents], those that go before others first.

    Columns, [documents] each: `indexed` (bool), `id`, `content_hash`, `tie`, `reference` (uint64), and those that the
    priority names: `length`, `time`, `quality_score`, `perplexity` (NaN: not known), `source_rank`. Documents of an
    index come first, since they stay whatever comes. Ties go to the smaller id, then content hash, then `tie`, a hash
    of all that a record is but its place; only records that are the same in all are told apart by their reference.
    """
    keys = [_sort_key(columns, one) for one in priority]
    ties = [columns[name] for name in ("id", "content_hash", "tie", "reference")]
    keys = [~columns["indexed"], *keys, *ties]
    order: npt.NDArray[np.int64] = np.lexsort(keys[::-1])
    return order


def newest_first(columns: Mapping[str, npt.NDArray[Any]], order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The same positions by date instead, indexed documents first; equally old ones stay in the given order."""
    keys = (_sort_key(columns, "newest")[order], ~columns["indexed"][order])
    return order[np.lexsort(keys)]


def _sort_key(columns: Mapping[str, npt.NDArray[Any]], priority: Priority) -> npt.NDArray[np.float64]:
    name, sign = {
        "length": ("length", -1.0),
        "newest": ("time", -1.0),
        "oldest": ("time", 1.0),
        "quality_score": ("quality_score", -1.0),
        "perplexity": ("perplexity", 1.0),
        "source": ("source_rank", 1.0),
    }[priority]
    values = sign * columns[name].astype(np.float64)
    values[np.isnan(values)] = LAST
    return values
