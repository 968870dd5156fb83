"""Wikitext made ready for the parser: what is dropped anyway taken out, what never closes made harmless.

One linear pass, like that of MediaWiki's own preprocessor (https://www.mediawiki.org/wiki/Preprocessor_ABNF). Comments,
extension tags and tables go, but for formulas and, if asked for, the cells of tables; HTML tags, external links and
list markers become characters. Openers that nothing
closes are deleted: they would stay in the text, and the parser starts again at each of them, which is quadratic. What
is left for the parser are balanced templates and links, headings and entities.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from stages.extraction.scripts import subscript, superscript
from stages.extraction.wikitext_marks import BREAK, CELL, HOLE, ITEM, ROW, TABLE, TABLE_END
from stages.extraction.wikitext_tables import CELL_ATTRIBUTES, ROW_ATTRIBUTES
from stages.extraction.wikitext_tags import DROPPED, FORMULAS, REPLACED, TABLE_PARTS, extension, formula
from stages.extraction.wikitext_variants import CONVERSION, chosen_variant

_TOKENS = r"""
    (?P<comment><!--)
  | <(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?P<tag>(?:[\s/][^<>]*)?)>
  | (?P<less_than><(?=[a-zA-Z/!]))
  | (?P<open_braces>\{\{+)
  | (?P<close_braces>\}\}+)
  | (?P<open_link>\[\[)
  | (?P<open_address>\[(?:(?:https?:|ftp:)?//|mailto:)[^\s\[\]<>"{}]*[ \t]*)
  | (?P<close_brackets>\]\]?)
  | (?P<open_table>^[ \t:*\#;]*\{\|)
  | (?P<variants>-\{(?!\{))
  | (?P<close_table>^[ \t]*\|\})
"""
_TABLE_TOKENS = r"""
  | (?P<row>^[ \t]*\|-+)
  | (?P<caption>^[ \t]*\|\+)
  | (?P<cell>^[ \t]*[|!])
  | (?P<next_cell>\|\||!!)
"""
_TOKEN = re.compile(_TOKENS, re.VERBOSE | re.MULTILINE)
_TOKEN_IN_TABLES = re.compile(_TOKENS + _TABLE_TOKENS, re.VERBOSE | re.MULTILINE)
_SCRIPT = re.compile(r"<(su[bp])>([^<>{}\[\]\n]{1,40})</\1>", re.IGNORECASE)
_LIST_MARKERS = re.compile(r"^[*#:;]+[ \t]*", re.MULTILINE)
_RULES = re.compile(r"^-{4,}", re.MULTILINE)
_BEHAVIOUR_SWITCH = re.compile(r"__[^\W\d_]+(?:_[^\W\d_]+)*__")
_QUOTED_LINE = re.compile(r"^.*''.*$", re.MULTILINE)
_QUOTES = re.compile(r"('{2,})")
_BRACKET_BEFORE_LINK = re.compile(r"\[(?=\[\[)")


@dataclass(frozen=True)
class Prepared:
    """Wikitext with balanced templates and links, and how many openers of either had nothing to close them."""

    text: str
    unclosed: int


def prepare(source: str, keep_formulas: bool = True, keep_tables: bool = False) -> Prepared:
    """Readies wikitext for the parser; takes time linear in its length.

    Formulas are kept as hidden LaTeX, tables with the marks of their parts.
    """
    scan = _Scan(source, keep_formulas, keep_tables)
    scan.run()
    text = _RULES.sub("", scan.edited())
    if "__" in text:
        text = _BEHAVIOUR_SWITCH.sub(_without_switch, text)
    text = _LIST_MARKERS.sub(lambda match: ITEM if "*" in match[0] or "#" in match[0] else "", text)
    text = _QUOTED_LINE.sub(lambda match: _without_quotes(match[0]), text)
    return Prepared(_BRACKET_BEFORE_LINK.sub("&#91;", text), scan.unclosed)


def _without_switch(match: re.Match[str]) -> str:
    """Nothing for `__TOC__` and its kin, which are in capitals in every language that has them; `__init__` stays."""
    return "" if match[0] == match[0].upper() else match[0]


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

    def __init__(self, source: str, keep_formulas: bool, keep_tables: bool) -> None:
        self.unclosed = 0
        self._source = source
        self._keep_formulas = keep_formulas
        self._keep_tables = keep_tables
        self._header_end = 0  # the end of the line of a table that began with an exclamation mark
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
            "variants": self._variants,
            "close_table": self._close_table,
            "row": self._row,
            "caption": self._row,
            "cell": self._cell,
            "next_cell": self._next_cell,
        }
        token = _TOKEN_IN_TABLES if self._keep_tables else _TOKEN
        position = 0
        while match := token.search(self._source, position):
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
        if name not in DROPPED and name not in REPLACED and name not in FORMULAS:
            return self._less_than(match)
        if name in ("sub", "sup") and (script := _SCRIPT.match(self._source, match.start())):
            convert = subscript if script[1].lower() == "sub" else superscript
            return self._replace(match.start(), script.end(), convert(script[2]))
        has_content = not is_closing and not match["tag"].rstrip().endswith("/")
        if has_content and (name == "nowiki" or name in DROPPED or name in FORMULAS):
            return self._extension(match, name)
        if self._keep_tables and name in TABLE_PARTS:
            return self._replace(match.start(), match.end(), "" if is_closing else TABLE_PARTS[name])
        is_item_end = is_closing and name == "li"
        return self._replace(match.start(), match.end(), "" if is_item_end else REPLACED.get(name, HOLE))

    def _extension(self, match: re.Match[str], name: str) -> int:
        """A tag whose content is not wikitext, up to the first closing tag of its name."""
        closing = None if name in self._never_closed else self._closing_tag(name, match.end())
        if closing is None:
            return self._replace(match.start(), match.end(), "")
        content = self._source[match.end() : closing.start()]
        if name not in FORMULAS:
            kept = extension(name, match["tag"], content)
        elif self._keep_formulas:
            kept = formula(self._source, match.start(), closing.end(), name, match["tag"], content)
        else:
            kept = HOLE
        return self._replace(match.start(), closing.end(), kept)

    def _variants(self, match: re.Match[str]) -> int:
        """A choice between scripts: all but one is taken out, and the scan goes on in what stays."""
        conversion = CONVERSION.match(self._source, match.start())
        if conversion is None:
            return match.end()
        chosen = chosen_variant(conversion)
        if chosen is None:
            return self._replace(conversion.start(), conversion.end(), "")
        if chosen == conversion.span():
            return match.end()
        self._replace(chosen[1], conversion.end(), "")
        return self._replace(conversion.start(), chosen[0], "")

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
        return self._end_table(self._stack.last("html"), match)

    def _close_table(self, match: re.Match[str]) -> int:
        index = self._stack.last("table")
        if self._source.startswith("}", match.end()) and self._stack.last("braces") > index:
            return match.end() - 1  # the last, empty argument of a template, and its end
        return self._end_table(index, match)

    def _end_table(self, index: int, match: re.Match[str]) -> int:
        if index < 0:
            return self._replace(match.start(), match.end(), BREAK)
        if not self._keep_tables:
            return self._replace(self._stack.cut(index)[0].start, match.end(), BREAK)
        self._give_up(index + 1)
        opened = self._stack.cut(index)[0]
        self._replace(opened.start, self._end_of_opener(opened), TABLE)
        return self._replace(match.start(), match.end(), TABLE_END)

    def _end_of_opener(self, table: _Open) -> int:
        """Where the attributes of a table end: with the tag, or with the line."""
        if table.kind == "html":
            return table.end
        line_end = self._source.find("\n", table.end)
        return len(self._source) if line_end < 0 else line_end

    def _row(self, match: re.Match[str]) -> int:
        if self._stack.is_last("link") and self._stack.last("table") > self._stack.last("braces"):
            self._give_up(self._stack.last("table") + 1)  # links end with their cell
        return self._part(match, ROW, CELL_ATTRIBUTES if match[0].endswith("+") else ROW_ATTRIBUTES)

    def _cell(self, match: re.Match[str]) -> int:
        if match[0].endswith("!"):
            line_end = self._source.find("\n", match.end())
            self._header_end = len(self._source) if line_end < 0 else line_end
        return self._part(match, CELL, CELL_ATTRIBUTES)

    def _next_cell(self, match: re.Match[str]) -> int:
        is_cell = match[0] == "||" or match.start() < self._header_end
        return self._part(match, CELL, CELL_ATTRIBUTES) if is_cell else match.end()

    def _part(self, match: re.Match[str], mark: str, attributes: re.Pattern[str]) -> int:
        """The start of a row, a caption or a cell, if it stands in a table and not in a template there."""
        if not self._stack.is_last("table"):
            return match.end()
        found = attributes.match(self._source, match.end())
        return self._replace(match.start(), found.end() if found else match.end(), mark)

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
                end = self._end_of_opener(entry)
            if entry.kind in ("braces", "link"):
                self.unclosed += 1
            if entry.kind != "address":
                self._replace(entry.start, end, "")
