"""The wikitext templates that carry text: a table from name to what a reader sees in its place.

Every other template (infoboxes, citations, notices, pronunciations) is dropped. Names are those of English Wikipedia
and their common redirects, in lower case; the functions follow the templates' documentation pages.
"""

import re
from collections.abc import Callable

from stages.extraction import wikitext_quantities as quantities
from stages.extraction.scripts import subscript, superscript
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_markup import BREAK, HOLE, ITEM

Expansion = Callable[[Arguments], str | None]
"""From the arguments to the text; None or nothing where there is nothing to show."""

_BLANKS = re.compile(r"[\s_]+")
_CHARGED = re.compile(r"\d*[+−-]")


def expand(name: str, arguments: Arguments) -> str | None:
    """The text that stands for a template with this name; None if it is dropped."""
    name = _BLANKS.sub(" ", name).strip()
    expansion = _TEMPLATES.get(name.lower())
    if expansion is not None:
        return expansion(arguments) or None
    if name.lower().startswith("lang-"):
        return arguments.get("1") or None
    function, colon, argument = name.partition(":")
    return (_FUNCTIONS[function.lower()](argument) or None) if colon and function.lower() in _FUNCTIONS else None


def _argument(*names: str) -> Expansion:
    return lambda arguments: arguments.get(*names)


def _constant(text: str) -> Expansion:
    return lambda _: text


def _last(arguments: Arguments) -> str | None:
    return next(iter(reversed(arguments.positional())), None)


def _joined(separator: str) -> Expansion:
    return lambda arguments: separator.join(filter(None, arguments.positional()))


def _items(arguments: Arguments) -> str | None:
    items = [f"{BREAK}{ITEM}{item.strip(ITEM)}" for item in arguments.positional() if item]
    return "".join(items) + BREAK if items else None


def _around(before: str, after: str = "") -> Expansion:
    def expansion(arguments: Arguments) -> str | None:
        text = arguments.get("1")
        return f"{before}{text}{after}" if text else None

    return expansion


def _paragraph(*names: str) -> Expansion:
    def expansion(arguments: Arguments) -> str | None:
        text = arguments.get(*names)
        return f"{BREAK}{text}{BREAK}" if text else None

    return expansion


def _circa(arguments: Arguments) -> str | None:
    return " – ".join(f"c. {year}" for year in arguments.positional()) or "c."


def _span(before: str) -> Expansion:
    """A word before one year, or two with a dash between them."""
    return lambda arguments: f"{before} {'–'.join(arguments.positional())}".strip()


def _nihongo(arguments: Arguments) -> str | None:
    """`{{nihongo|English|日本語|romaji|extra}}`: English (日本語, romaji, extra)."""
    english, *others = [arguments.get(name) for name in "1234"]
    inner = ", ".join(filter(None, others))
    return f"{english} ({inner})" if english and inner else english or inner


def _chinese(arguments: Arguments) -> str | None:
    return "; ".join(filter(None, (arguments.get(name) for name in ("c", "s", "t", "p", "w", "j"))))


def _ship(prefix: str) -> Expansion:
    def expansion(arguments: Arguments) -> str | None:
        name = arguments.get("1")
        return name if not name or arguments.get("3") == "6" else f"{prefix} {name}"

    return expansion


def _chemical(arguments: Arguments) -> str | None:
    """`{{chem|SO|4|2-}}`: symbols as they are, every second argument lowered, charges raised."""
    parts = arguments.positional()
    parts[1::2] = [superscript(part) if _CHARGED.fullmatch(part) else subscript(part) for part in parts[1::2]]
    return "".join(superscript(part) if _CHARGED.fullmatch(part) else part for part in parts)


def _chemical_formula(arguments: Arguments) -> str | None:
    return re.sub(r"(?<=[A-Za-z)\]])\d+", lambda digits: subscript(digits[0]), arguments.get("1"))


def _nuclide(arguments: Arguments) -> str | None:
    name, number = arguments.get("1"), arguments.get("2")
    return f"{name}-{number}" if name and number else name


def _sort_name(arguments: Arguments) -> str | None:
    return f"{arguments.get('1')} {arguments.get('2')}".strip()


def _power_of_ten(arguments: Arguments) -> str | None:
    exponent = arguments.get("1")
    return f"×10{superscript(exponent)}" if exponent else None


def _grouped(arguments: Arguments) -> str | None:
    return quantities.grouped(arguments.get("1"))


def _ordinal(arguments: Arguments) -> str | None:
    number = arguments.get("1")
    if not number.isdecimal():
        return number
    teen = number[-2:] in ("11", "12", "13")
    return number + ("th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th"))


def _convert_short(arguments: Arguments) -> str | None:
    return quantities.convert(arguments, use_symbols=True)


def _formatted_number(argument: str) -> str | None:
    return None if HOLE in argument else quantities.grouped(argument)


_FUNCTIONS: dict[str, Callable[[str], str | None]] = {
    "formatnum": _formatted_number,
    "lc": str.lower,
    "lcfirst": str,
    "uc": str.upper,
    "ucfirst": str,
}


_ELEMENTS = {"carbon": "C", "hydrogen": "H", "nitrogen": "N", "oxygen": "O", "phosphorus": "P", "sulfur": "S"}
"""The elements whose templates are used to write formulas."""


def _table(*rows: tuple[str, Expansion]) -> dict[str, Expansion]:
    return {name.strip(): expansion for names, expansion in rows for name in names.split("|")}


_TEMPLATES = _table(
    # Style and language around the first argument.
    ("nowrap|nobr|nobreak|small|smaller|big|bigger|larger|large|midsize|center|raise|lower", _argument("1")),
    ("em|strong|bold|italic|nobold|noitalic|underline|overline|strike|smallcaps|sc|sc2|allcaps|caps", _argument("1")),
    (
        "abbr|abbrv|tooltip|dfn|vanchor|visible anchor|text|unicode|polytonic|mono|tt|code|kbd|samp|key press",
        _argument("1"),
    ),
    ("mvar|var|math|as written|not a typo|notatypo|typo|sic|num|hebrew|arabic|iast|pie|iso 15919", _argument("1")),
    ("flag|flagcountry|flagu|flagathlete|format price|ill|illm|interlanguage link", _argument("lt", "display", "1")),
    ("angbr|angle bracket", _around("⟨", "⟩")),
    ("gloss|single quote", _around("‘", "’")),
    ("double quote|qq", _around("“", "”")),
    ("bracket|brackets", _around("[", "]")),
    ("sup|smallsup", lambda arguments: superscript(arguments.get("1"))),
    ("sub", lambda arguments: subscript(arguments.get("1"))),
    # Style and language around another argument.
    (
        "lang|langx|langr|rtl-lang|wikt-lang|native name|native phrase|script|legend|sort|color|font color",
        _argument("2"),
    ),
    ("fontcolor|colored text|coloured text|background color|bg|highlight", _argument("2")),
    ("transl|transliteration|resize|font", _last),
    ("zh|zh-full", _chinese),
    ("nihongo|nihongo krt", _nihongo),
    ("nihongo2|linktext", _joined("")),
    # Quotations and lists.
    (
        "quote|blockquote|bquote|cquote|quotation|poemquote|poem quote",
        _paragraph("text", "1", "quote"),
    ),
    ("hlist|flatlist|cslist|comma separated entries", _joined(", ")),
    ("plainlist|columns-list|div col", _paragraph("1")),
    ("ubl|unbulleted list|bulleted list|ordered list|blist|olist", _items),
    ("bibleref|bibleverse|bible verse|bibleref2", _joined(" ")),
    # Signs.
    ("ndash|en dash", _constant("–")),
    ("mdash|em dash|mdashb", _constant("—")),
    ("snd|spnd|spaced ndash|spaced en dash|spaced endash|sndash", _constant(" – ")),
    ("smd|spaced mdash|spaced em dash", _constant(" — ")),
    ("'|apostrophe", _constant("'")),
    ("'s", _constant("'s")),
    ("' \"", _constant("' \"")),
    ("\" '", _constant("\" '")),
    ('-"', _constant('"')),
    ("=", _constant("=")),
    ("!|pipe", _constant("|")),
    ("·|dot|middot|•|bull|bullet", _constant(" · ")),
    ("nbsp|space|spaces|thin space|thinsp|hair space|hairsp", _constant(" ")),
    ("ellipsis|...", _constant("...")),
    ("minus|−", _constant("−")),
    ("times|×", _constant("×")),
    ("pi", _constant("π")),
    ("dagger|†", _constant("†")),
    ("break|br|crlf", _constant(BREAK)),
    # Numbers, measures and dates.
    ("convert", quantities.convert),
    ("cvt", _convert_short),
    ("val", quantities.value),
    ("e", _power_of_ten),
    ("frac|sfrac|fraction", quantities.fraction),
    ("nts|number table sorting", _grouped),
    ("ordinal|ord", _ordinal),
    ("gaps", _joined("")),
    ("circa|c.|ca.", _circa),
    ("floruit|fl.", _span("fl.")),
    ("reign|r.", _span("r.")),
    ("birth date|birth date and age|bda|dob|death date|death date and age|start date|end date", quantities.date),
    ("start date and age|birth year and age|death year and age|birth year|film date|release date", quantities.date),
    ("birth-date|birth-date and age|death-date|death-date and age", _argument("1")),
    ("date|dts", quantities.date_words),
    ("as of|asof", quantities.as_of),
    ("oldstyledate|old style date", quantities.old_style_date),
    ("us$|usd", _around("US$")),
    ("a$|aud", _around("A$")),
    ("c$|cad", _around("C$")),
    ("£|gbp|pound sterling", _around("£")),
    ("€|eur|euro", _around("€")),
    ("¥|jpy|yen", _around("¥")),
    ("₹|inr|indian rupee", _around("₹")),
    # Science, ships, names.
    *((name, _constant(symbol)) for name, symbol in _ELEMENTS.items()),
    ("chem", _chemical),
    ("chem2", _chemical_formula),
    ("nuclide2|nuclide|isotope name", _nuclide),
    ("sortname", _sort_name),
    *((prefix.lower(), _ship(prefix)) for prefix in ("HMS", "HMAS", "HMCS", "USS", "USNS", "USCGC", "SS", "RMS", "MV")),
    ("ship", _joined(" ")),
)
