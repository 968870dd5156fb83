"""Quantities of wikitext templates as English Wikipedia shows them: numbers, measures, dates.

Each function takes a template's arguments and returns what the reader of the page sees; sources are the documentation
pages of the templates themselves (Template:Convert, Template:Val, Template:Birth date, Template:As of). Of
`{{convert}}` only the quantity that the article names is given, not the one that the wiki computes.
"""

import re

from stages.extraction.scripts import superscript
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_units import Unit, find_unit

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_RANGES = {
    **dict.fromkeys(("-", "–", "to(-)"), "–"),
    **dict.fromkeys(("x", "×", "by", "xx", "*"), " by "),
    **dict.fromkeys(("and", "and(-)"), " and "),
    **dict.fromkeys(("+/-", "±"), " ± "),
    "to": " to ",
    "or": " or ",
}
_SMALLER = {("ft", "in"), ("foot", "in"), ("st", "lb"), ("lb", "oz"), ("mi", "yd"), ("mi", "ft"), ("yd", "ft")}
_MEASURE = re.compile(r"[−-]?[\d.,]*\d(?:[+/]+\d+)*")
_UNGROUPED = re.compile(r"(?<![\d.,])\d{4,}(?!\d)")


def grouped(number: str) -> str:
    """A number with commas between the thousands of its whole part and a true minus sign."""
    number = re.sub(r"^[-−](?=\d)", "−", number.strip())
    return _UNGROUPED.sub(lambda digits: f"{int(digits[0]):,}", number, count=1)


def convert(arguments: Arguments, use_symbols: bool = False) -> str | None:
    """`{{convert|5|to|10|km|mi}}`: 5 to 10 kilometres; None if there is no number to begin with."""
    words = arguments.positional()
    if not words or not _MEASURE.fullmatch(words[0]):
        return None
    amount, index, is_one = _amount(words[0]), 1, words[0] == "1"
    while index + 1 < len(words) and words[index] in _RANGES:
        amount += _RANGES[words[index]] + _amount(words[index + 1])
        index, is_one = index + 2, False
    code = words[index] if index < len(words) else ""
    shown = arguments.get("abbr")
    use_symbols = shown in ("on", "in", "yes") or (use_symbols and shown not in ("off", "none", "out"))
    is_adjective = arguments.get("adj") in ("on", "mid", "pre") or arguments.get("sing") == "on"
    text = _measured(amount, find_unit(code), use_symbols, is_adjective, is_one)
    if len(words) > index + 2 and (code, words[index + 2]) in _SMALLER and _MEASURE.fullmatch(words[index + 1]):
        text += " " + _measured(words[index + 1], find_unit(words[index + 2]), use_symbols, False, False)
    return text.replace("metre", "meter").replace("litre", "liter") if arguments.get("sp") == "us" else text


def _amount(word: str) -> str:
    whole, plus, fraction = word.partition("+")
    return f"{grouped(whole)} {fraction}".replace("//", "/") if plus else grouped(word).replace("//", "/")


def _measured(amount: str, unit: Unit, use_symbols: bool, is_adjective: bool, is_one: bool) -> str:
    if use_symbols:
        return f"{amount} {unit.symbol}".replace(" /", "/")
    if is_adjective:
        return f"{amount}-{unit.one}"
    return f"{amount} {unit.one if is_one else unit.many}"


def value(arguments: Arguments) -> str | None:
    """`{{val|6.241|0.002|e=18|u=m}}`: (6.241±0.002)×10¹⁸ m, uncertainty and exponent only if given."""
    number, error = arguments.get("1"), arguments.get("2")
    if not number:
        return None
    exponent, unit = arguments.get("e"), arguments.get("u", "ul")
    text = grouped(number)
    if error.startswith("("):
        text += error
    elif error:
        text = f"{text}±{error}"
    if exponent:
        text = f"({text})" if "±" in text else text
        text += f"×10{superscript(exponent)}"
    return f"{arguments.get('p')}{text}{_spaced_unit(unit)}{arguments.get('s')}"


def _spaced_unit(unit: str) -> str:
    return unit if unit in ("", "%", "°") else f" {find_unit(unit).symbol}"


def measure(arguments: Arguments) -> str | None:
    """`{{unité|1500|km|2}}`: 1 500 km²; unit and power may be missing, units follow in pairs with their powers.

    Blanks part the thousands of whole numbers; what is no number stays as it is. `u=` and `ul=` (Italian) name a unit.
    """
    number, *rest = arguments.positional() or [""]
    if not number:
        return None
    number = _UNGROUPED.sub(lambda digits: f"{int(digits[0]):,}".replace(",", " "), number)
    if named := arguments.get("u", "ul"):
        return f"{number} {named}"
    units = [unit for unit in rest[0::2] if unit] if rest else []
    if len(rest) > 1 and not rest[0]:
        return f"{number} {rest[1]}"  # the Italian order: number, precision, unit
    powers = [superscript(power) for power in rest[1::2]]
    text = "⋅".join(unit + power for unit, power in zip(units, [*powers, *[""] * len(units)], strict=False))
    return f"{number} {text}".strip()


def density(arguments: Arguments) -> str | None:
    """`{{pop density|3645257|640081.87|km2|prec=1}}`: 5.7 per square kilometre; without `prec` a whole number."""
    people, area = (arguments.get(name).replace(",", "") for name in "12")
    if not (re.fullmatch(r"\d+", people) and re.fullmatch(r"\d*\.?\d+", area) and float(area)):
        return None
    digits = arguments.get("prec")
    number = f"{float(people) / float(area):,.{min(int(digits), 6) if digits.isdecimal() else 0}f}"
    return f"{number} per {find_unit(arguments.get('3') or 'km2').one}"


def fraction(arguments: Arguments) -> str | None:
    """`{{frac|2}}` is 1/2, `{{frac|3|4}}` is 3/4, `{{frac|1|3|4}}` is 1 3/4."""
    parts = arguments.positional()
    if not parts:
        return None
    if len(parts) == 1:
        return f"1/{parts[0]}"
    numerator, denominator = parts[-2:]
    numerator = f"({numerator})" if " " in numerator else numerator
    denominator = f"({denominator})" if " " in denominator else denominator
    return f"{parts[0]} {numerator}/{denominator}" if len(parts) > 2 else f"{numerator}/{denominator}"


def date(arguments: Arguments) -> str | None:
    """`{{birth date|1970|1|2|df=y}}`: 2 January 1970; January 2, 1970 without `df`. Ages change and are left out."""
    year, month, day = (arguments.get(name) for name in "123")
    if not re.fullmatch(r"\d{1,4}", year):
        return year or None
    if not month.isdecimal() or not 1 <= int(month) <= 12:
        return f"{month} {year}".strip()
    name = _MONTHS[int(month) - 1]
    if not day.isdecimal():
        return f"{name} {year}"
    return f"{int(day)} {name} {year}" if arguments.is_on("df") else f"{name} {int(day)}, {year}"


def as_of(arguments: Arguments) -> str | None:
    """`{{as of|2014|3|lc=y}}`: as of March 2014; `alt=` says it in other words."""
    if alternative := arguments.get("alt"):
        return alternative
    day = date_words(arguments)
    if not day:
        return None
    words = "since" if arguments.is_on("since") else "as of"
    return f"{words if arguments.is_on('lc') else words.capitalize()} {day}"


def date_words(arguments: Arguments) -> str | None:
    """A date of year, month and day, day first unless `df=US` asks for the other order."""
    year, month, day = (arguments.get(name) for name in "123")
    if day.isdecimal() and len(day) > 2:
        day, year = year, day  # as the French template of this name has it
    if month.isdecimal() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    if arguments.get("df").lower() == "us" and day:
        return f"{month} {day}, {year}"
    return " ".join(part for part in (day, month, year) if part) or None


def old_style_date(arguments: Arguments) -> str | None:
    """`{{OldStyleDate|2 February|1905|20 January}}`: 2 February [O.S. 20 January] 1905."""
    new, year, old = (arguments.get(name) for name in "123")
    return f"{new} [O.S. {old}] {year}".strip() if new else None
