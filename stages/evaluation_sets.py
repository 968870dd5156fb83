"""The texts of evaluation sets: JSON lines, Parquet or plain text, plain or compressed, told by their bytes."""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedIOBase
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stages.errors import GristmillError
from stages.recipe import Decontamination, Http, Reading
from stages.sources.charset import decode_text
from stages.sources.compression import chunks, damage_named, open_decompressed
from stages.sources.damage import DamagedStreamError
from stages.sources.files import expand, open_source
from stages.sources.formats import detect_format, is_data

KEY = "corpus.decontamination.files"
FORMATS = ("jsonl", "parquet", "text")
ROWS_PER_BATCH = 256
_HTTP = Http()
_MAXIMUM_LINE_BYTES = Reading().maximum_record_bytes


class EvaluationText(NamedTuple):
    """One text of an evaluation set, and the row that it stands in; rows count from 1."""

    row: int
    text: str


def evaluation_files(settings: Decontamination) -> list[str]:
    """The files that the recipe names, each once, in the order of their names; a missing one is a GristmillError."""
    files = set()
    for pattern in settings.files:
        found = [one.path for one in expand(pattern) if not one.name_in_folder or is_data("auto", one.name_in_folder)]
        if not found:
            raise GristmillError(f"{KEY}: {pattern}: no such file")
        files.update(found)
    return sorted(files)


def evaluation_texts(path: str, columns: Sequence[str] = ()) -> Iterator[EvaluationText]:
    """Yields every text in the rows of a file, those in lists and objects too; of some columns if any are named.

    A row is a line of JSON lines that is not blank, a row of Parquet, a paragraph (what blank lines separate) of plain
    text. A file that is empty or cannot be read whole, that has no such column or is of another format, is a
    GristmillError that names the recipe's key and the file.
    """
    try:
        yield from _texts(path, columns)
    except DamagedStreamError as error:
        raise _unreadable(path, f"damaged: {error}") from error
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, f"cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}") from error


def _unreadable(path: str, why: str) -> GristmillError:
    return GristmillError(f"{KEY}: {path}: {why}")


def _texts(path: str, columns: Sequence[str]) -> Iterator[EvaluationText]:
    try:
        file_format = detect_format(path, _HTTP)
    except GristmillError as error:
        raise GristmillError(f"{KEY}: {error}") from error
    if file_format == "parquet":
        rows = _parquet_rows(path, columns)
    elif file_format == "jsonl":
        rows = _json_rows(path)
    elif file_format == "text":
        yield from _paragraphs(path)
        return
    else:
        raise _unreadable(path, f"is {file_format}; give JSON lines, Parquet or plain text")
    number, found_columns = 0, set[str]()
    for number, row in enumerate(rows, 1):
        found_columns.update(column for column in columns if column in row)
        for name in columns or row:
            for text in _strings(row.get(name)):
                yield EvaluationText(number, text)
    if not number:
        raise _unreadable(path, "holds no rows")
    missing = [column for column in columns if column not in found_columns]
    if missing:
        raise _unreadable(path, f"has no column {missing[0]!r}; correct corpus.decontamination.columns")


def _strings(value: object) -> Iterator[str]:
    """All strings in a value, however deep, in their order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend(reversed([*one.values()]))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def _json_rows(path: str) -> Iterator[Mapping[str, Any]]:
    with open_decompressed(path, _HTTP) as opened:
        for number, line in enumerate(_lines(opened.stream, path), 1):
            line = line.removeprefix(codecs.BOM_UTF8)
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise _unreadable(path, f"line {number} is not a JSON object; correct it or leave the file out")
            yield row


def _lines(stream: BufferedIOBase, path: str) -> Iterator[bytes]:
    while True:
        with damage_named():
            line = stream.readline(_MAXIMUM_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > _MAXIMUM_LINE_BYTES:
            raise _unreadable(path, f"a line has more than {_MAXIMUM_LINE_BYTES:,} bytes; leave the file out")
        yield line


def _parquet_rows(path: str, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    with open_source(path, _HTTP) as file:
        table = pq.ParquetFile(file, page_checksum_verification=True)
        known = table.schema_arrow.names
        wanted = [name for name in columns or known if name in known]
        for batch in table.iter_batches(ROWS_PER_BATCH, columns=wanted):
            try:
                yield from batch.to_pylist()
            except ValueError as error:  # text that is not UTF-8, dates that Python does not have
                raise _unreadable(path, f"holds a value that cannot be read ({error}); leave its column out") from error


def _paragraphs(path: str) -> Iterator[EvaluationText]:
    with open_decompressed(path, _HTTP) as opened:
        text = decode_text(b"".join(chunks(opened.stream)))
    paragraph: list[str] = []
    number = 0
    for line in [*text.splitlines(), ""]:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            number += 1
            yield EvaluationText(number, "\n".join(paragraph))
            paragraph = []
    if not number:
        raise _unreadable(path, "is empty")
