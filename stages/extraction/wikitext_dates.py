"""Dates of wikitext templates in languages that put the day first."""

from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_expansions import Expansion


def day_month_year(months: str, separator: str = " ", after: str = "") -> Expansion:
    """`{{date|13|10|1905}}` or `{{date|1905|10|13}}` in words; `months` names the months with blanks between them.

    The separator stands between day, month and year, `after` follows the year. What is no number stays as it is, and
    so does a date that is given as one text.
    """
    names = months.split()

    def expansion(arguments: Arguments) -> str | None:
        parts = arguments.positional()[:3]
        if len(parts) == 3 and len(parts[0]) > 2 and parts[0].isdecimal():
            parts.reverse()
        if len(parts) > 1 and parts[1].isdecimal() and 1 <= int(parts[1]) <= 12:
            parts[1] = names[int(parts[1]) - 1]
        if len(parts) == 3 and parts[0].isdecimal():
            parts[0] = str(int(parts[0]))
        text = separator.join(filter(None, parts))
        return text + after if len(parts) == 3 and parts[2] else text

    return expansion
