"""The wikitext templates that carry text: a table from name to what a reader sees in its place.

Names are those of the large Wikipedias and their common redirects, in lower case; no table overrides another. Of the
rest (infoboxes, citations, notices, pronunciations) only a `phrase` in the middle of a sentence is kept.
"""

import re
from collections.abc import Callable

from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_expansions import formatted_number
from stages.extraction.wikitext_templates_english import ENGLISH
from stages.extraction.wikitext_templates_germanic_slavic import GERMANIC_SLAVIC
from stages.extraction.wikitext_templates_romance import ROMANCE, written_ordinal

_BLANKS = re.compile(r"[\s_]+")
_LANGUAGE_PREFIXES = ("lang-", "script/", "langue-")


def expand(name: str, arguments: Arguments) -> str | None:
    """The text that stands for a template with this name, empty where it shows none; None if the name is unknown."""
    name = _BLANKS.sub(" ", name).strip()
    key = name.lower()
    expansion = _TEMPLATES.get(key)
    if expansion is not None:
        return expansion(arguments) or ""
    if ordinal := written_ordinal(name):
        return ordinal
    if key.startswith(_LANGUAGE_PREFIXES):
        return arguments.get("1")
    function, colon, _ = key.partition(":")
    if colon:
        return (_FUNCTIONS[function](name.partition(":")[2]) or "") if function in _FUNCTIONS else ""
    return None


_FUNCTIONS: dict[str, Callable[[str], str | None]] = {
    "formatnum": formatted_number,
    "lc": str.lower,
    "lcfirst": str,
    "uc": str.upper,
    "ucfirst": str,
}

_TEMPLATES = {**GERMANIC_SLAVIC, **ROMANCE, **ENGLISH}
