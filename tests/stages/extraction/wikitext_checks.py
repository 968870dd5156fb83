"""What the tests of wikitext share: the text of a page, and what no text may contain."""

import re

from stages.document import Record
from stages.extraction import Extracted, extract
from stages.recipe import Extraction

MARKUP = {
    "brackets": r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}|\{\{\{",
    "quotes": r"''",
    "tags": r"</?[a-zA-Z]+[ >/]",
    "headings": r"^=|=$",
    "rows": r"^[|!]|\|\||!!|\|-",
    "switches": r"__\w+__",
    "files": r"\b(?:File|Image|Datei|Fichier|Archivo|Category|Kategorie)\s?:|\bthumb\b|\b\d+px\b",
    "variants": r"-\{|\}-",
    "controls": r"[\x00-\x08\x0b-\x1f\x7f]",
}
HOLES = {
    "blank in a bracket": r"[(\[] | [)\]]",
    "separator in a bracket": r"[(\[][,;:.]|[,;:][)\]]",
    "blank before a separator": r" [,;.](?!\d|\.\.)",
    "empty bracket": r"\(\)|\[\]|（）|«\s*»|“”|„“",
    "blanks": r"  ",
    "separators": r",,|;;|,;|;,|\.\.(?!\.)(?<!\.\.\.)|,\.",
    "sign without a number": r"[$£](?=[ ).,]|$)",
    "word before a stop": r"(?<![.(\w])(?:is|was|the|of|by|from|with)[.,;)]",
    "blank at the end": r"[ \t]$",
}
_FORMULA = re.compile(r"\$\$?(?=[^\s$])[^$\n]+(?<=[^\s$])\$\$?")


def text_of(source: str, namespaces: frozenset[str] = frozenset(), **settings: object) -> str:
    """The text that a page of wikitext gives; it must give one."""
    record = Record("wiki:1", "wikitext", source, "file", 0, title="Mill", link_namespaces=namespaces)
    found = extract(record, Extraction.model_validate(settings))
    assert isinstance(found, Extracted), found
    return found.text


def faults(text: str) -> list[str]:
    """The kinds of markup and holes in a text, formulas left out."""
    prose = _FORMULA.sub("x", text)
    return [kind for kind, pattern in {**MARKUP, **HOLES}.items() if re.search(pattern, prose, re.MULTILINE)]
