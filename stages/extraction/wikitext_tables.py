"""Tables of wikitext as lines: a row a line, its cells with bars between them, the caption a line of its own."""

import re

from stages.extraction.wikitext_holes import without_holes
from stages.extraction.wikitext_marks import BREAK, CELL, HEADING, ITEM, ROW, TABLE, TABLE_END

CELL_ATTRIBUTES = re.compile(r"(?:(?!!!)[^|\n\[\]{}<]|\{\{[^{}\n]*\}\})*+\|(?!\|)")
"""What stands between the start of a cell and its text, as in `| rowspan=2 | text`."""
ROW_ATTRIBUTES = re.compile(r"[^\n{<\[|]*")
_MARKS = re.compile(f"([{TABLE}{TABLE_END}{ROW}{CELL}])")
_HEADING = re.compile(rf"{HEADING}\d")
_BREAKS = re.compile(rf"[\n{BREAK}]+")


def laid_out(text: str) -> str:
    """The text with its marked tables as lines of `cell | cell`; takes linear time.

    A table inside of a cell is part of the cell's line. Rows in which no cell has a letter or digit are left out, and
    so are empty cells at either end of a row.
    """
    if TABLE not in text and ROW not in text and CELL not in text:
        return text
    parts: list[str] = []
    rows: list[list[str]] = []
    depth = 0
    for part in _MARKS.split(text):
        if part == TABLE:
            depth += 1
            rows = [[]] if depth == 1 else rows
        elif part == TABLE_END:
            if depth == 1:
                parts.append(_table(rows))
            depth = max(depth - 1, 0)
        elif depth == 0:
            parts.append(BREAK if part in (ROW, CELL) else part)
        elif depth > 1:
            _extend(rows[-1], " " if part in (ROW, CELL) else part)
        elif part == ROW:
            rows.append([])
        elif part == CELL:
            rows[-1].append("")
        else:
            _extend(rows[-1], part)
    return "".join(parts) + (_table(rows) if depth else "")


def _extend(row: list[str], text: str) -> None:
    if row:
        row[-1] += text
    elif text.strip():
        row.append(text)


def _table(rows: list[list[str]]) -> str:
    lines = [_row([_cell(text) for text in row]) for row in rows]
    return "\n" + "".join(f"{line}\n" for line in lines if line)


def _row(cells: list[str]) -> str:
    if not any(character.isalnum() for cell in cells for character in cell):
        return ""
    while not cells[-1]:
        cells.pop()
    first = next(index for index, cell in enumerate(cells) if cell)
    return " | ".join(cells[first:]).replace("|  |", "| |").replace("|  |", "| |")


def _cell(text: str) -> str:
    """The text of a cell in one line, the items of a list with commas between them."""
    lines = [" ".join(line.split()) for line in without_holes(_HEADING.sub("", _BREAKS.sub("\n", text))).split("\n")]
    lines = [line for line in lines if line.strip(f"{ITEM} ")]
    separator = ", " if any(line.startswith(ITEM) for line in lines) else " "
    return separator.join(line.strip(f"{ITEM} ") for line in lines)
