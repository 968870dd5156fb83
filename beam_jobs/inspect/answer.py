"""What is printed of a shard and of one of its rows."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from beam_jobs.inspect.documents import Candidate, LookedUp
from beam_jobs.inspect.shard import Shard
from beam_jobs.why.answer import beginning
from stages.console import say
from stages.shards import Run
from stages.tokenizer import Tokenizer

SHOWN_CHARACTERS = 600


def show_shard(shard: Shard) -> None:
    """Prints the facts of a shard, and what it is to the run."""
    for name, value in _facts(shard):
        _line(name, value)
    say("")


def _line(name: str, value: str) -> None:
    say(f"{name:<14} {value}")


def _facts(shard: Shard) -> Iterator[tuple[str, str]]:
    rows, pieces, metadata = shard.rows, shard.pieces, shard.rows.metadata[0]
    tokens, room = int(pieces.lengths.sum()), len(rows) * rows.width
    yield "shard", f"{shard.path} ({shard.name})" if shard.name != shard.path else shard.path
    yield "file", shard.standing
    yield "rows", f"{len(rows):,} of {rows.width:,} tokens: T = {rows.width - 1:,} to read, and one more to predict"
    different, begun = len(np.unique(pieces.ids)), int((pieces.offsets == 0).sum())
    yield "documents", f"{different:,}" + (f", with copies {begun:,}" if begun != different else "")
    yield "tokens", f"{tokens:,}"
    yield "padding", f"{room - tokens:,} ({(room - tokens) / max(room, 1):.2%})"
    yield "packing", metadata.get("packing", "not said")
    yield "runs", ", ".join(f"{_run_name(run)}: {_count(run.rows, 'row')}" for run in rows.runs)
    same = (
        "that of the run" if metadata.get("tokenizer") == shard.tokenizer else "not that of the run: do not trust texts"
    )
    yield "tokenizer", f"{metadata.get('tokenizer', 'not said')}, {same}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def _run_name(run: Run) -> str:
    return f"stage {run.stage}" + (f", {run.part}" if run.part else "")


def show_row(shard: Shard, number: int, found: LookedUp, tokenizer: Tokenizer, whole: bool) -> None:
    """Prints the documents of a row, one after another, each with its text or the part that is in the row."""
    row = shard.rows.row(number)
    places = np.flatnonzero(shard.pieces.rows == number).tolist()
    counts = f"{_count(len(places), 'document')}, {_count(len(row.tokens), 'token')}"
    say(f"row {number:,} ({_run_name(_run_of(shard, number))}): {counts}")
    for note in found.notes:
        say(note)
    for position, piece in enumerate(places):
        say(f"\ndocument {position + 1} of {len(places)}")
        one, start = row.doc_ids[position], int(shard.pieces.places[piece])
        tokens = row.tokens[start : row.doc_ends[position]]
        document = _document(found.candidates.get(one, []), tokens, row.doc_offsets[position], tokenizer)
        _line("id", str(one))
        for name, value in _identity(document):
            _line(name, value)
        for name, value in _place(shard, piece):
            _line(name, value)
        known = tokens[tokens < tokenizer.vocabulary_size]
        if len(known) < len(tokens):
            _line("unknown", f"{_count(len(tokens) - len(known), 'token')} that this tokenizer does not have")
        _show_text(tokenizer.decode(known), whole)
    padding = shard.rows.take_tokens(np.array([number]))[0, len(row.tokens) :]
    say("")
    _line("padding", _padding(padding, len(row.tokens), tokenizer.padding_id))


def _run_of(shard: Shard, number: int) -> Run:
    ends = np.cumsum([run.rows for run in shard.rows.runs])
    return shard.rows.runs[int(np.searchsorted(ends, number, side="right"))]


def _document(
    candidates: list[Candidate], tokens: npt.NDArray[np.integer], offset: int, tokenizer: Tokenizer
) -> tuple[Candidate | None, bool]:
    """The document that a piece is of, and whether its text still has the piece's tokens at this offset."""
    for candidate in candidates:
        text = tokenizer.encode(candidate.row["text"])
        every = np.concatenate([[tokenizer.bos_id], text, [tokenizer.eos_id]])
        if np.array_equal(every[offset : offset + len(tokens)], tokens):
            return candidate, True
    return (candidates[0] if candidates else None), False


def _identity(document: tuple[Candidate | None, bool]) -> Iterator[tuple[str, str]]:
    candidate, is_same = document
    if candidate is None:
        yield "document", "in none of the corpora that are there"
        return
    row = candidate.row
    yield "address", row["url"] or "none"
    yield from ((name, row[name]) for name in ("source", "language", "split"))
    yield from ((name, str(row[name])) for name in ("title", "date", "published") if row.get(name))
    if row.get("augmentation"):
        yield "variant", f"{row['augmentation']} of {row['parent_id']}"
    yield "stored in", candidate.file
    if not is_same:
        yield "changed", "the text in the corpus is not the one that was packed"


def _place(shard: Shard, piece: int) -> Iterator[tuple[str, str]]:
    pieces = shard.pieces
    same = pieces.ids == pieces.ids[piece]
    length, copies = int(pieces.stops[same].max()), int((pieces.offsets[same] == 0).sum())
    start, offset, stop = int(pieces.places[piece]), int(pieces.offsets[piece]), int(pieces.stops[piece])
    which = "whole"
    if stop - offset < length:
        which = "head" if offset == 0 else "tail" if stop == length else "middle"
    part = f", {offset:,} to {stop - 1:,} of its {length:,}" if which != "whole" else ""
    yield "tokens", f"{start:,} to {start + stop - offset - 1:,} of the row{part}: {which}"
    if copies > 1:
        yield "copies", f"{copies} in this shard"


def _show_text(text: str, whole: bool) -> None:
    say(f"text, {_count(len(text), 'character')}")
    if whole or len(text) <= SHOWN_CHARACTERS:
        say(beginning(text, len(text)))
        return
    half = SHOWN_CHARACTERS // 2
    say(beginning(text[:half], half))
    say(f"  … {len(text) - 2 * half:,} characters more, WHOLE=1 shows them")
    say(beginning(text[-half:], half))


def _padding(padding: npt.NDArray[np.integer], start: int, padding_id: int) -> str:
    if not len(padding):
        return "none"
    odd = int((padding != padding_id).sum())
    wrong = f"; {odd:,} of them are other tokens: the shard is damaged" if odd else ""
    return f"{start:,} to {start + len(padding) - 1:,} of the row: {_count(len(padding), 'token')}{wrong}"
