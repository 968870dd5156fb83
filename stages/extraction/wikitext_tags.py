"""The tags of wikitext: which are dropped with their content, which leave a character, which hold a formula."""

import re

from stages.extraction.wikitext_marks import BREAK, CELL, HOLE, ITEM, ROW, hidden


def _words(text: str, replacement: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), replacement)


FORMULAS = frozenset(("ce", "chem", "math"))
DROPPED = _words(
    """categorytree gallery graph hiero imagemap includeonly indicator inputbox mapframe maplink pre ref references
    score source syntaxhighlight templatedata templatestyles timeline""",
    HOLE,
).keys()
"""Tags whose content goes with them.

Captions of galleries are no sentences of the article, as little as those of files. Listings and preformatted text lose
their meaning with their indentation, which the lines of a document do not keep.
"""
REPLACED = {
    **_words("blockquote br center dd div dl dt h1 h2 h3 h4 h5 h6 hr ol poem ul", BREAK),
    **_words("caption td th tr", BREAK),
    **_words(
        """abbr b bdi bdo big cite code data del dfn em font i ins kbd langconvert mark noinclude nowiki onlyinclude rb
        rp rt ruby s samp section small span strike strong sub sup tbody thead time tt u var wbr""",
        "",
    ),
    "p": BREAK * 2,
    "li": BREAK + ITEM,
    "q": '"',
}
"""What stands instead of a tag whose content is kept."""
TABLE_PARTS = {"caption": ROW, "td": CELL, "th": CELL, "tr": ROW}
"""What stands instead of the opening tags of a table whose text is kept."""
_SPACING = re.compile(r"^(?:\\[,;:! ]|[~ ])+|(?:(?<!\\)\\[,;:!]|[~ ])+$")
_INLINE = re.compile(r"\binline\b")
_BLOCK = re.compile(r"""\bdisplay\s*=\s*["']?block""")
_ALONE_BEFORE = re.compile(r"(?:^|\n)[:*#; \t]*$")
_ALONE_AFTER = re.compile(r"[ \t]*[.,;:]?[ \t]*(?:\n|$)")


def extension(name: str, attributes: str, content: str) -> str:
    """What stands instead of an extension tag that has a content: its text if that is literal, or a hole."""
    is_literal = name == "nowiki" or _INLINE.search(attributes) is not None
    return hidden(content) if is_literal else HOLE


def formula(source: str, start: int, end: int, name: str, attributes: str, content: str) -> str:
    """A formula as LaTeX between dollar signs, two where it stands on a line of its own; `<ce>` as mhchem's `\\ce`.

    `start` and `end` bound the whole tag in the source.
    """
    latex = _SPACING.sub("", " ".join(content.split()))
    if not latex:
        return HOLE
    if name != "math":
        latex = f"\\ce{{{latex}}}"
    before = source[max(start - 20, 0) : start]
    is_alone = _ALONE_BEFORE.search(before) if start <= 20 or "\n" in before else None
    if is_alone and _ALONE_AFTER.match(source, end):
        return hidden(f"$${latex}$$")
    if not _BLOCK.search(attributes):
        return hidden(f"${latex}$")
    return BREAK + hidden(f"$${latex}$$") + ("" if source[end : end + 1] in ".,;:\n" else BREAK)
