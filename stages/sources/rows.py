"""One row of named values, from JSON or a table, to a record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from stages.document import Record, Refusal, identifier
from stages.recipe import Source


def columns_of(source: Source) -> list[str]:
    """The columns that the source names, each once, the text column first."""
    names = (source.text_column, source.id_column, source.url_column, source.title_column, source.date_column)
    return list(dict.fromkeys(name for name in names if name))


def row_record(source: Source, row: Mapping[str, Any], path: str, offset: int, maximum_bytes: int) -> Record:
    """The record of one row.

    Refused are rows without a string of text (`missing_text`) and texts of too many bytes of UTF-8 (`record_bytes`).
    An empty id is none: rows that have one would all be the same.
    """
    text, key = row.get(source.text_column), row.get(source.id_column)
    identity = "" if key is None or key == "" else f"{source.name}:{key}"
    refusal = _refusal(source, text, maximum_bytes)
    if refusal:
        identity = identity or content_identity(text if isinstance(text, str) else repr(row))
    return Record(
        identity=identity,
        media="text",
        content=text if isinstance(text, str) and not refusal else "",
        file=path,
        offset=offset,
        url=_field(row, source.url_column),
        date=_field(row, source.date_column),
        title=_field(row, source.title_column),
        refusal=refusal,
    )


def _refusal(source: Source, text: object, maximum_bytes: int) -> Refusal | None:
    if not isinstance(text, str):
        found = "nothing" if text is None else type(text).__name__
        return Refusal("missing_text", detail=f"{source.text_column} holds {found}")
    if len(text) * 4 <= maximum_bytes:  # no character has more bytes in UTF-8
        return None
    size = len(text.encode("utf-8", "surrogatepass"))
    return Refusal("record_bytes", float(size), float(maximum_bytes)) if size > maximum_bytes else None


def content_identity(content: str | bytes) -> str:
    """The identity of a row that has no name and no text: equal rows are equal wherever they lie."""
    return f"row:{identifier(content):016x}"


def _field(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column) if column else None
    if value is None:
        return None
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).encode("utf-8", "replace").decode()
