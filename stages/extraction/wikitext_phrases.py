"""Templates that no table knows: which of them stand in the middle of a sentence and hold a part of it.

A template with one unnamed argument that has a letter in it, set apart from the word before it by a blank, an opening
bracket or a quotation mark, and with text after it in the same line, is a phrase: notes and marks of doubt are joined
to the word they belong to. In 106 articles of English Wikipedia 34 kinds of template, known ones among them, stood so
114 times: 109 times as a part of the sentence, 5 times as a note or a pronunciation, which the names below tell.
"""

import re
from collections.abc import Callable

from mwparserfromhell.nodes import Template
from mwparserfromhell.wikicode import Wikicode

from stages.extraction.wikitext_marks import HOLE, ITEM

_NOTE_PREFIXES = (
    *("anchor", "audio", "authority", "belege", "better source", "carece", "citation needed", "cite", "clarif"),
    *("commons", "coord", "cita ", "demande", "dubious", "efn", "failed", "flag", "further", "harv", "hauptartikel"),
    *("icon", "infobox", "ipa", "main", "needs", "ombox", "page needed", "pron", "précision", "reflist", "refn"),
    *("respell", "see also", "sfn", "siehe", "sin referencias", "unref", "update", "use ", "vague", "véase", "#"),
)
"""How the names of notes, marks of doubt, pronunciations, links for navigation and pictures begin."""
_NOTES = """
    api api2 anker ancla ancre after attribution cn by_whom dn disputed discuss fact fakt fn full full_citation note
    nota notas odn opm or pd-notice pov qui quand quoi quelle przypis r ref rp source sources spoken_wikipedia stub
    synthesis_inline too_few_opinions tone unclear verd verify_source voir what when where which who whom whose why wann
    wer wo wat bron fonte chi quando quem кто где когда какой уточнить прояснить komu kiedy kto"""
_NOTE_NAMES = frozenset(_NOTES.split())
_LETTER = re.compile(r"[^\W\d_]")


def phrase(node: Template, before: str, after: str, render: Callable[[Wikicode], str]) -> str | None:
    """The text of an unknown template between the text before it and the source after it; None if it is no phrase."""
    if len(node.params) != 1 or node.params[0].showkey:
        return None
    line = before[before.rfind("\n") + 1 :]
    if not line.strip(f" \t{HOLE}{ITEM}") or line[-1] not in " \t([{\"'“„«»‘" or not after or after[0] == "\n":
        return None
    name = "_".join(str(node.name).lower().replace("_", " ").split()).rstrip("?")
    if name in _NOTE_NAMES or name.replace("_", " ").startswith(_NOTE_PREFIXES) or ":" in name:
        return None
    text = render(node.params[0].value).strip()
    return text if _LETTER.search(text) and "\n" not in text else None
