"""Control characters that stand in wikitext for what the parser must not see; `CONTROLS` are taken out of sources."""

import re

UNKNOWN = "\x00"
"""Stands for what a wiki computes anew every day (an age, an inflated price): nothing that a corpus may state."""
HEADING = "\x01"
"""Begins a heading; its level follows."""
CELL = "\x02"
"""Begins a cell of a table."""
HOLE = "\x03"
"""Stands where something was dropped, so that the blanks and brackets around it can be tidied."""
BREAK = "\x04"
"""Stands for a line break, which inside of a link or an argument could end it."""
ITEM = "\x05"
"""Stands for the marker of a list item."""
TABLE = "\x06"
"""Begins a table."""
TABLE_END = "\x07"
ROW = "\x08"
"""Begins a row of a table, or its caption."""

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_SPECIAL = "[]{}|<&'=*#:;_-"
_HIDDEN = "".join(map(chr, (*range(0x0E, 0x1C), 0x7F)))  # the controls that are neither marks nor blanks
_HIDE = str.maketrans(_SPECIAL, _HIDDEN)
_SHOW = str.maketrans(_HIDDEN, _SPECIAL)


def hidden(text: str) -> str:
    """Text that is not wikitext, such as a formula, so that neither the scan nor the parser finds markup in it.

    Character for character: entities in their place would cost the parser a node each.
    """
    return text.translate(_HIDE)


def shown(text: str) -> str:
    """The text with all that was hidden as it was."""
    return text.translate(_SHOW)
