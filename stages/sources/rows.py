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


def row_record(source: Source, row: Mapping[str, Any], path: str, offset: int) -> Record:
    """The record of one row; `missing_text` if its text column holds no string."""
    text, key = row.get(source.text_column), row.get(source.id_column)
    identity = "" if key is None else f"{source.name}:{key}"
    refusal = None
    if not isinstance(text, str):
        found = "nothing" if text is None else type(text).__name__
        refusal = Refusal("missing_text", detail=f"{source.text_column} holds {found}")
        identity = identity or content_identity(repr(row))
    return Record(
        identity=identity,
        media="text",
        content=text if isinstance(text, str) else "",
        file=path,
        offset=offset,
        url=_field(row, source.url_column),
        date=_field(row, source.date_column),
        title=_field(row, source.title_column),
        refusal=refusal,
    )


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
