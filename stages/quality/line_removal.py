"""Taking lines out of a text: the other lines stay as they are, and every character that goes is booked."""

from collections.abc import Mapping, Sequence

from stages.document import Edit


class _Books:
    """What went, by reason, in the order in which the reasons came up."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._characters: dict[str, int] = {}

    def add(self, reason: str, lines: int, characters: int) -> None:
        self._lines[reason] = self._lines.get(reason, 0) + lines
        self._characters[reason] = self._characters.get(reason, 0) + characters

    def edits(self) -> tuple[Edit, ...]:
        return tuple(Edit(reason, count, self._characters[reason]) for reason, count in self._lines.items())


def without_lines(text: str, reasons: Mapping[int, str]) -> tuple[str, tuple[Edit, ...]]:
    """A text without some of its lines (those of `str.splitlines`), and an edit for each reason.

    `reasons` names the lines by number. Of the blank lines around a removed one a single one stays, none at either end
    of the text. The characters of the edits add up to what the text lost.
    """
    if not reasons:
        return text, ()
    books = _Books()
    kept: list[str] = []
    reason = ""
    for number, line in enumerate(text.splitlines(keepends=True)):
        if number in reasons:
            reason = reasons[number]
            books.add(reason, 1, len(line))
        elif reason and not line.strip() and not (kept and kept[-1].strip()):
            books.add(reason, 0, len(line))
        else:
            kept.append(line)
            reason = ""
    if reason:
        books.add(reason, 0, _drop_blank_end(kept))
    return "".join(kept), books.edits()


def _drop_blank_end(lines: list[str]) -> int:
    """Takes blank lines and the last line break off the end; tells how many characters that were."""
    dropped = 0
    while lines:
        line = lines.pop()
        bare = line.splitlines()[0]
        if bare.strip():
            lines.append(bare)
            return dropped + len(line) - len(bare)
        dropped += len(line)
    return dropped


def removals(lines: Sequence[str], reasons: Mapping[int, str]) -> tuple[Edit, ...]:
    """An edit for each reason: the removed lines that are not blank, and their characters without the line breaks."""
    books = _Books()
    for number, reason in reasons.items():
        if lines[number]:
            books.add(reason, 1, len(lines[number]))
    return books.edits()
