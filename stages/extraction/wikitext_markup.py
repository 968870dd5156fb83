"""Wikitext made ready for the parser: what is dropped anyway taken out, what never closes made harmless.

One linear pass, like that of MediaWiki's own preprocessor (https://www.mediawiki.org/wiki/Preprocessor_ABNF). Comments,
extension tags and tables go; HTML tags, external links and list markers become characters. Openers that nothing
closes are deleted: they would stay in the text, and the parser starts again at each of them, which is quadratic. What
is left for the parser are balanced templates and links, headings and entities.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from stages.extraction.scripts import subscript, superscript

HOLE = "\x03"
"""Stands where something was dropped, so that the blanks and brackets around it can be tidied."""
BREAK = "\x04"
"""Stands for a line break, which inside of a link or an argument could end it."""
ITEM = "\x05"
"""Stands for the marker of a list item."""


def _words(text: str, replacement: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), replacement)


_DROPPED = _words(
    """categorytree ce chem gallery graph hiero imagemap includeonly indicator inputbox mapframe maplink math pre ref
    references score section source syntaxhighlight templatedata templatestyles timeline""",
    HOLE,
)
_REPLACED = {
    **_words("blockquote br center dd div dl dt h1 h2 h3 h4 h5 h6 hr ol poem td th tr ul", BREAK),
    **_words(
        """abbr b bdi bdo big caption cite code data del dfn em font i ins kbd mark noinclude nowiki onlyinclude rb rp
        rt ruby s samp small span strike strong sub sup tbody thead time tt u var wbr""",
        "",
    ),
    "p": BREAK * 2,
    "li": BREAK + ITEM,
    "q": '"',
}
_TOKEN = re.compile(
    r"""
    (?P<comment><!--)
  | <(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?P<tag>(?:[\s/][^<>]*)?)>
  | (?P<less_than><(?=[a-zA-Z/!]))
  | (?P<open_braces>\{\{+)
  | (?P<close_braces>\}\}+)
  | (?P<open_link>\[\[)
  | (?P<open_address>\[(?:(?:https?:|ftp:)?//|mailto:)[^\s\[\]<>"{}]*[ \t]*)
  | (?P<close_brackets>\]\]?)
  | (?P<open_table>^[ \t:*\#;]*\{\|)
  | (?P<close_table>^[ \t]*\|\})
    """,
    re.VERBOSE | re.MULTILINE,
)
_SCRIPT = re.compile(r"<(su[bp])>([^<>{}\[\]\n]{1,40})</\1>", re.IGNORECASE)
_LIST_MARKERS = re.compile(r"^[*#:;]+[ \t]*", re.MULTILINE)
_OTHER_LINES = re.compile(r"^-{4,}|__[A-Z]{2,}__", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^.*''.*$", re.MULTILINE)
_QUOTES = re.compile(r"('{2,})")
_BRACKET_BEFORE_LINK = re.compile(r"\[(?=\[\[)")
_SPECIAL = re.compile(r"[][{}|<>&'=*#:;_-]")


@dataclass(frozen=True)
class Prepared:
    """Wikitext with balanced templates and links, and how many openers of either had nothing to close them."""

    text: str
    unclosed: int


def prepare(source: str) -> Prepared:
    """Readies wikitext for the parser; takes time linear in its length."""
    scan = _Scan(source)
    scan.run()
    text = _OTHER_LINES.sub("", scan.edited())
    text = _LIST_MARKERS.sub(lambda match: ITEM if "*" in match[0] or "#" in match[0] else "", text)
    text = _QUOTED_LINE.sub(lambda match: _without_quotes(match[0]), text)
    return Prepared(_BRACKET_BEFORE_LINK.sub("&#91;", text), scan.unclosed)


def _without_quotes(line: str) -> str:
    """The line without the apostrophes that mean italics (2), bold (3) or both (5); the others stay.

    As in MediaWiki's doQuotes: where neither bold nor italics would be closed, one three is an apostrophe and a two.
    """
    runs = _QUOTES.split(line)
    lengths = [len(run) for run in runs[1::2]]
    italics = sum(length in (2, 5) or length > 5 for length in lengths)
    bold = sum(length > 2 for length in lengths)
    kept = [1 if length == 4 else max(length - 5, 0) for length in lengths]
    if italics % 2 and bold % 2 and 3 in lengths:
        threes = [index for index, length in enumerate(lengths) if length == 3]
        kept[next((index for index in threes if not runs[2 * index].endswith(" ")), threes[0])] = 1
    runs[1::2] = ["'" * count for count in kept]
    return "".join(runs)


@dataclass
class _Open:
    """Something that waits for its end: `braces` (of them `count`), `link`, `address`, `table` or `html`."""

    kind: str
    start: int
    end: int
    count: int


class _Stack:
    """What is open, with the place of the last of each kind at hand, so that no look-up depends on the depth."""

    def __init__(self) -> None:
        self.entries: list[_Open] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def push(self, entry: _Open) -> None:
        self._places[entry.kind].append(len(self.entries))
        self.entries.append(entry)

    def last(self, kind: str) -> int:
        """The index of the innermost open thing of a kind, -1 if there is none."""
        return self._places[kind][-1] if self._places[kind] else -1

    def is_last(self, kind: str) -> bool:
        """Whether the innermost open thing is of this kind."""
        return bool(self.entries) and self.entries[-1].kind == kind

    def cut(self, index: int) -> list[_Open]:
        """Takes off everything from an index on, and returns it."""
        taken = self.entries[index:]
        for entry in taken:
            self._places[entry.kind].pop()
        del self.entries[index:]
        return taken


class _Scan:
    """The pass: a stack of what is open, and a list of edits (start, end, replacement)."""

    def __init__(self, source: str) -> None:
        self.unclosed = 0
        self._source = source
        self._stack = _Stack()
        self._edits: list[tuple[int, int, str]] = []
        self._never_closed: set[str] = set()

    def run(self) -> None:
        """Reads the source to its end."""
        steps: dict[str | None, Callable[[re.Match[str]], int]] = {
            "comment": self._comment,
            "tag": self._tag,
            "less_than": self._less_than,
            "open_braces": self._opener("braces"),
            "open_link": self._opener("link"),
            "open_table": self._opener("table"),
            "open_address": self._open_address,
            "close_braces": self._close_braces,
            "close_brackets": self._close_brackets,
            "close_table": self._close_table,
        }
        position = 0
        while match := _TOKEN.search(self._source, position):
            position = steps[match.lastgroup](match)
        self._give_up(0)

    def edited(self) -> str:
        """The source with all edits made; of one that reaches into another only the rest is deleted."""
        parts: list[str] = []
        position = 0
        for start, end, replacement in sorted(self._edits, key=lambda edit: (edit[0], -edit[1])):
            if start >= position:
                parts += (self._source[position:start], replacement)
            position = max(position, end)
        parts.append(self._source[position:])
        return "".join(parts)

    def _replace(self, start: int, end: int, replacement: str) -> int:
        self._edits.append((start, end, replacement))
        return end

    def _opener(self, kind: str) -> Callable[[re.Match[str]], int]:
        def push(match: re.Match[str]) -> int:
            self._stack.push(_Open(kind, match.start(), match.end(), len(match[0])))
            return match.end()

        return push

    def _comment(self, match: re.Match[str]) -> int:
        end = self._source.find("-->", match.end())
        return self._replace(match.start(), len(self._source) if end < 0 else end + 3, "")

    def _less_than(self, match: re.Match[str]) -> int:
        # What is no tag must not look like one to the parser.
        return self._replace(match.start(), match.start() + 1, "&lt;")

    def _tag(self, match: re.Match[str]) -> int:
        name, is_closing = match["name"].lower(), bool(match["slash"])
        if name == "table":
            return self._html_table(match, is_closing)
        if name not in _DROPPED and name not in _REPLACED:
            return self._less_than(match)
        if name in ("sub", "sup") and (script := _SCRIPT.match(self._source, match.start())):
            convert = subscript if script[1].lower() == "sub" else superscript
            return self._replace(match.start(), script.end(), convert(script[2]))
        has_content = not is_closing and not match["tag"].endswith("/")
        if has_content and (name == "nowiki" or name in _DROPPED):
            return self._extension(match, name)
        is_item_end = is_closing and name == "li"
        return self._replace(match.start(), match.end(), "" if is_item_end else _REPLACED.get(name, HOLE))

    def _extension(self, match: re.Match[str], name: str) -> int:
        """A tag whose content is not wikitext, up to the first closing tag of its name."""
        closing = None if name in self._never_closed else self._closing_tag(name, match.end())
        if closing is None:
            return self._replace(match.start(), match.end(), "")
        is_literal = name == "nowiki" or re.search(r"\binline\b", match["tag"]) is not None
        content = self._source[match.end() : closing.start()]
        kept = _SPECIAL.sub(lambda special: f"&#{ord(special[0])};", content) if is_literal else HOLE
        return self._replace(match.start(), closing.end(), kept)

    def _closing_tag(self, name: str, position: int) -> re.Match[str] | None:
        if name == "ref":
            # A note inside of a note is not possible: the first one lacks its end, and must not swallow the text.
            found = re.compile(r"<(/?)ref\b[^<>]*>", re.IGNORECASE).search(self._source, position)
            return found if found and found[1] else None
        found = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self._source, position)
        if found is None:
            self._never_closed.add(name)
        return found

    def _html_table(self, match: re.Match[str], is_closing: bool) -> int:
        if not is_closing:
            return self._opener("html")(match)
        index = self._stack.last("html")
        start = self._stack.cut(index)[0].start if index >= 0 else match.start()
        return self._replace(start, match.end(), BREAK)

    def _close_table(self, match: re.Match[str]) -> int:
        index = self._stack.last("table")
        if self._source.startswith("}", match.end()) and self._stack.last("braces") > index:
            return match.end() - 1  # the last, empty argument of a template, and its end
        start = self._stack.cut(index)[0].start if index >= 0 else match.start()
        return self._replace(start, match.end(), BREAK)

    def _close_braces(self, match: re.Match[str]) -> int:
        left = len(match[0])
        while left >= 2 and (index := self._stack.last("braces")) > self._stack.last("table"):
            self._give_up(index + 1)
            braces = self._stack.entries[index]
            left -= 2
            braces.count -= 2
            if braces.count < 2:
                self._stack.cut(index)
        if left >= 2:
            self._replace(match.end() - left, match.end(), HOLE)
        return match.end()

    def _open_address(self, match: re.Match[str]) -> int:
        self._opener("address")(match)
        return self._replace(match.start(), match.end(), "")

    def _close_brackets(self, match: re.Match[str]) -> int:
        while self._stack.is_last("address"):
            opened = self._stack.cut(-1)[0].end
            if self._source.find("\n", opened, match.start()) < 0:
                return self._replace(match.start(), match.start() + 1, HOLE if opened == match.start() else "")
        if match[0] == "]]" and self._stack.is_last("link"):
            self._stack.cut(-1)
        return match.end()

    def _give_up(self, index: int) -> None:
        """Takes the openers from `index` on for closed by nothing, and deletes them."""
        for entry in self._stack.cut(index):
            end = entry.end
            if entry.kind == "braces":
                end = entry.start + entry.count
            elif entry.kind == "table":
                line_end = self._source.find("\n", end)
                end = len(self._source) if line_end < 0 else line_end
            if entry.kind in ("braces", "link"):
                self.unclosed += 1
            if entry.kind != "address":
                self._replace(entry.start, end, "")
