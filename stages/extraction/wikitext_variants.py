"""Language conversion of wikis in two scripts: which of the variants of `-{zh-hans:…;zh-hant:…}-` is the text.

The markup is that of https://www.mediawiki.org/wiki/Writing_systems/Syntax.
"""

import re

CONVERSION = re.compile(r"-\{(?!\{)((?:[^{}]|\{\{[^{}]*\}\})*+)\}-")
_FLAGS = re.compile(r"\s*([A-Za-z-]+(?:\s*;\s*[a-z-]+)*|)\s*\|")
_VARIANT = re.compile(r"(?:^|;)\s*([a-z]{2,3}(?:-[a-z]+)*)\s*:")
_PREFERRED = ("zh-hans", "zh-cn", "zh-sg", "zh", "sr-ec", "sr-cyrl")
"""Simplified Chinese and Cyrillic Serbian, so that a text is in one script as far as its source is."""
_SILENT = frozenset("DHT-")
"""Flags of conversions that only set rules or titles."""


def chosen_variant(conversion: re.Match[str]) -> tuple[int, int] | None:
    """Where in its source the text of a matched conversion begins and ends; None if it shows nothing.

    The whole of it is the text where braces stand between hyphens in other wikis, as in the names of chemicals.

    Of several variants the first of `zh-hans`, `zh-cn`, `zh-sg`, `zh`, `sr-ec`, `sr-cyrl` that is given, or else the
    first.
    """
    start, end = conversion.span(1)
    source = conversion.string
    if flags := _FLAGS.match(source, start, end):
        if flags[1] in _SILENT:
            return None
        start = flags.end()
    variants = {match[1]: match for match in reversed(list(_VARIANT.finditer(source[start:end])))}
    if not variants:
        is_name = start == conversion.start(1) and source[start:end].isascii()
        return conversion.span() if is_name else (start, end)
    name = next((name for name in _PREFERRED if name in variants), None)
    chosen = variants[name] if name else min(variants.values(), key=re.Match[str].start)
    following = [match.start() for match in variants.values() if match.start() > chosen.start()]
    begin, stop = start + chosen.end(), min([start + place for place in following], default=end)
    return begin, begin + len(source[begin:stop].rstrip("; \n"))
