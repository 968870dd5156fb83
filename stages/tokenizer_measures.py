"""What a tokenizer makes of a text: tokens against bytes, characters and words, and which tokens they are.

All sums are integers, so that the measures of a text do not depend on how it is cut into batches.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.mixture import Group

LISTED = 30
"""Pieces and tokens in a list of the longest, or of the most common."""
DECIMALS = 6
"""Of a share or a ratio."""
SUMS = ("documents", "bytes", "characters", "words", "tokens", "byte_tokens", "covered_characters", "lost_documents")
Tokens = npt.NDArray[np.integer]


class Kind(IntEnum):
    """What a token stands for."""

    PIECE = 0
    """One or more whole characters."""
    BYTES = 1
    """A part of a character: one that has no piece is spelled in them."""
    UNKNOWN = 2
    """Characters that the tokenizer cannot spell."""
    SPECIAL = 3
    """Nothing in a text."""


@dataclass(frozen=True)
class MeasuredTokenizer:
    """A tokenizer as far as it is measured, whoever made it."""

    pieces: Sequence[str]
    """By token id, as the tokenizer writes them."""
    kinds: npt.NDArray[np.uint8]
    """uint8 [vocabulary]: a Kind for each token id."""
    encode: Callable[[Sequence[str]], Sequence[Tokens]]
    """The token ids of each text, without tokens for its start and end."""
    decode: Callable[[Tokens], str]


@dataclass(frozen=True)
class Document:
    """A text to measure on."""

    group: Group
    words: int
    text: str


@dataclass
class _Cell:
    """The sums of a source and language."""

    used: npt.NDArray[np.bool_]
    """bool [vocabulary]: whether a token occurs."""
    sums: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    """By the character itself."""


def measure(tokenizer: MeasuredTokenizer, batches: Iterable[Sequence[Document]]) -> dict[str, Any]:
    """The measures of a tokenizer, JSON values: of all documents, by language, by source, and by both.

    `fertility` is tokens a word (Rust et al. 2021, arXiv 2012.15613); `byte_share` the share of the tokens that are
    parts of characters, `coverage` that of the characters that need none, `vocabulary_used` that of the pieces that
    occur. `lost_documents` do not decode to themselves. With them come the longest pieces, how often these occur, and
    the most common tokens.
    """
    cells: dict[Group, _Cell] = {}
    times = np.zeros(len(tokenizer.pieces), np.int64)
    for batch in batches:
        for document, tokens in zip(batch, tokenizer.encode([one.text for one in batch]), strict=True):
            cell = cells.setdefault(document.group, _Cell(np.zeros(len(times), np.bool_)))
            _add(cell, document, tokens, tokenizer)
            found, counts = np.unique(tokens, return_counts=True)
            times[found] += counts
    covered = _covered({one for cell in cells.values() for one in cell.characters}, tokenizer)
    for cell in cells.values():
        cell.sums["covered_characters"] = sum(count for one, count in cell.characters.items() if one in covered)
    pieces = tokenizer.kinds == Kind.PIECE
    return {
        "vocabulary_size": len(tokenizer.pieces),
        "pieces": int(pieces.sum()),
        "all": _figures(list(cells.values()), pieces),
        "languages": list(_by_axis(cells, 1, pieces)),
        "sources": list(_by_axis(cells, 0, pieces)),
        "cells": [
            {"source": source, "language": language, **_figures([cell], pieces)}
            for (source, language), cell in sorted(cells.items())
        ],
        "longest": list(_longest(tokenizer, times)),
        "common": list(_common(tokenizer, times)),
    }


def _add(cell: _Cell, document: Document, tokens: Tokens, tokenizer: MeasuredTokenizer) -> None:
    text = document.text
    cell.used[tokens] = True
    cell.characters.update(text)
    cell.sums.update(
        documents=1,
        bytes=len(text.encode()),
        characters=len(text),
        words=document.words,
        tokens=len(tokens),
        byte_tokens=int(np.count_nonzero(tokenizer.kinds[tokens] == Kind.BYTES)),
        lost_documents=int(tokenizer.decode(tokens) != text),
    )


def _covered(characters: Iterable[str], tokenizer: MeasuredTokenizer) -> set[str]:
    """The characters that alone are spelled in no bytes, and are known."""
    every = sorted(characters)
    encoded = tokenizer.encode(every)
    spelled = (Kind.BYTES, Kind.UNKNOWN)
    return {
        one for one, tokens in zip(every, encoded, strict=True) if not np.isin(tokenizer.kinds[tokens], spelled).any()
    }


def _by_axis(cells: Mapping[Group, _Cell], axis: int, pieces: npt.NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    for name in sorted({group[axis] for group in cells}):
        own = [cell for group, cell in cells.items() if group[axis] == name]
        yield {"name": name, **_figures(own, pieces)}


def _figures(cells: Sequence[_Cell], pieces: npt.NDArray[np.bool_]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    used = np.zeros(len(pieces), np.bool_)
    for cell in cells:
        total.update(cell.sums)
        used |= cell.used
    sums = {name: total[name] for name in SUMS}
    return {
        **sums,
        "used_pieces": int(np.count_nonzero(used & pieces)),
        "bytes_per_token": _ratio(sums["bytes"], sums["tokens"]),
        "characters_per_token": _ratio(sums["characters"], sums["tokens"]),
        "fertility": _ratio(sums["tokens"], sums["words"]),
        "byte_share": _ratio(sums["byte_tokens"], sums["tokens"]),
        "coverage": _ratio(sums["covered_characters"], sums["characters"]),
        "vocabulary_used": _ratio(int(np.count_nonzero(used & pieces)), int(pieces.sum())),
    }


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, DECIMALS) if whole else 0.0


def _longest(tokenizer: MeasuredTokenizer, times: npt.NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    every = (token for token, kind in enumerate(tokenizer.kinds.tolist()) if kind == Kind.PIECE)
    for token in sorted(every, key=lambda one: (-len(tokenizer.pieces[one]), one))[:LISTED]:
        piece = tokenizer.pieces[token]
        yield {"token": token, "piece": piece, "characters": len(piece), "times": int(times[token])}


def _common(tokenizer: MeasuredTokenizer, times: npt.NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    total = int(times.sum())
    for token in np.argsort(-times, kind="stable")[:LISTED].tolist():
        if times[token]:
            share = _ratio(int(times[token]), total)
            yield {"token": token, "piece": tokenizer.pieces[token], "times": int(times[token]), "share": share}
