"""What wikitext templates of a kind become: the functions from arguments to text that the tables of names refer to.

Each takes a template's arguments and returns what a reader sees, None or nothing where there is nothing to see. They
follow the documentation pages of the templates.
"""

import re
from collections.abc import Callable

from stages.extraction import wikitext_quantities as quantities
from stages.extraction.scripts import subscript, superscript
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_marks import BREAK, HOLE, ITEM, UNKNOWN

Expansion = Callable[[Arguments], str | None]
"""From the arguments to the text; None or nothing where there is nothing to show."""

_CHARGED = re.compile(r"\d*[+−-]")


def argument(*names: str) -> Expansion:
    """The first of these arguments that has a text."""
    return lambda arguments: arguments.get(*names)


def constant(text: str) -> Expansion:
    """Always the same text."""
    return lambda _: text


def last(arguments: Arguments) -> str | None:
    """The last positional argument."""
    return next(iter(reversed(arguments.positional())), None)


def joined(separator: str) -> Expansion:
    """The positional arguments with a separator between them."""
    return lambda arguments: separator.join(filter(None, arguments.positional()))


def items(arguments: Arguments) -> str | None:
    """The positional arguments as items of a list."""
    lines = [f"{BREAK}{ITEM}{item.strip(ITEM)}" for item in arguments.positional() if item]
    return "".join(lines) + BREAK if lines else None


def around(before: str, after: str = "") -> Expansion:
    """The first argument between two signs."""

    def expansion(arguments: Arguments) -> str | None:
        text = arguments.get("1")
        return f"{before}{text}{after}" if text else None

    return expansion


def paragraph(*names: str) -> Expansion:
    """The first of these arguments that has a text, in lines of its own."""

    def expansion(arguments: Arguments) -> str | None:
        text = arguments.get(*names)
        return f"{BREAK}{text}{BREAK}" if text else None

    return expansion


def circa(arguments: Arguments) -> str | None:
    """`{{circa|1850|1900}}`: c. 1850 – c. 1900."""
    return " – ".join(f"c. {year}" for year in arguments.positional()) or "c."


def span(before: str) -> Expansion:
    """A word before one year, or two with a dash between them."""
    return lambda arguments: f"{before} {'–'.join(arguments.positional())}".strip()


def nihongo(arguments: Arguments) -> str | None:
    """`{{nihongo|English|日本語|romaji|extra}}`: English (日本語, romaji, extra)."""
    english, *others = [arguments.get(name) for name in "1234"]
    inner = ", ".join(filter(None, others))
    return f"{english} ({inner})" if english and inner else english or inner


def chinese(arguments: Arguments) -> str | None:
    """`{{zh|s=磨坊|p=mòfáng}}`: 磨坊; mòfáng."""
    return "; ".join(filter(None, (arguments.get(name) for name in ("c", "s", "t", "p", "w", "j"))))


def ship(prefix: str) -> Expansion:
    """`{{HMS|Ajax|22}}`: HMS Ajax; the name alone with 6 as the third argument."""

    def expansion(arguments: Arguments) -> str | None:
        name = arguments.get("1")
        return name if not name or arguments.get("3") == "6" else f"{prefix} {name}"

    return expansion


def chemical(arguments: Arguments) -> str | None:
    """`{{chem|SO|4|2-}}`: symbols as they are, every second argument lowered, charges raised."""
    parts = arguments.positional()
    parts[1::2] = [superscript(part) if _CHARGED.fullmatch(part) else subscript(part) for part in parts[1::2]]
    return "".join(superscript(part) if _CHARGED.fullmatch(part) else part for part in parts)


def chemical_formula(arguments: Arguments) -> str | None:
    """`{{chem2|C6H12O6}}`: C₆H₁₂O₆."""
    return re.sub(r"(?<=[A-Za-z)\]])\d+", lambda digits: subscript(digits[0]), arguments.get("1"))


def nuclide(arguments: Arguments) -> str | None:
    """`{{nuclide|calcium|48}}`: calcium-48."""
    name, number = arguments.get("1"), arguments.get("2")
    return f"{name}-{number}" if name and number else name


def sort_name(arguments: Arguments) -> str | None:
    """`{{sortname|Jean|Moulin}}`: Jean Moulin."""
    return f"{arguments.get('1')} {arguments.get('2')}".strip()


def power_of_ten(arguments: Arguments) -> str | None:
    """`{{e|24}}`: ×10²⁴; the French `{{e}}` is the ending of an ordinal."""
    exponent = arguments.get("1")
    return f"×10{superscript(exponent)}" if exponent else "e"


def grouped(arguments: Arguments) -> str | None:
    """The first argument, a number, with commas between its thousands."""
    return quantities.grouped(arguments.get("1"))


def ordinal(arguments: Arguments) -> str | None:
    """`{{ordinal|21}}`: 21st."""
    number = arguments.get("1")
    if not number.isdecimal():
        return number
    teen = number[-2:] in ("11", "12", "13")
    return number + ("th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th"))


def convert_short(arguments: Arguments) -> str | None:
    """`{{cvt|5|km}}`: 5 km."""
    return quantities.convert(arguments, use_symbols=True)


def formatted_number(argument: str) -> str | None:
    """What `{{formatnum:1234}}` shows: 1,234."""
    if UNKNOWN in argument:
        return UNKNOWN
    return None if HOLE in argument else quantities.grouped(argument)


def single(arguments: Arguments) -> str | None:
    """The first argument, if it is the only one."""
    return arguments.get("1") if len(arguments.positional()) == 1 else None


def labelled(label: str) -> Expansion:
    """A word before the first argument: `{{OCLC|221147531}}`."""
    return around(f"{label} ")


def sic(arguments: Arguments) -> str | None:
    """`{{sic}}`: [sic]; with an argument, the word that is so in the original."""
    return "".join(arguments.positional()) or "[sic]"


def ship_name(arguments: Arguments) -> str | None:
    """`{{ship|SS|Titanic||2}}`: SS Titanic; `{{sclass|Nimitz|aircraft carrier}}` is left to `ship_class`."""
    return " ".join(filter(None, arguments.positional()[:2]))


def ship_class(arguments: Arguments) -> str | None:
    """`{{sclass|Nimitz|aircraft carrier}}`: Nimitz-class aircraft carrier."""
    name, kind = arguments.get("1"), arguments.get("2")
    return f"{name}-class {kind}".strip() if name else None


def height(arguments: Arguments) -> str | None:
    """`{{height|ft=6|in=2}}`: 6 ft 2 in."""
    units = ("m", "cm", "ft", "in")
    return " ".join(f"{arguments.get(unit)} {unit}" for unit in units if arguments.get(unit)) or None


def duration(arguments: Arguments) -> str | None:
    """`{{duration|m=3|s=5}}`: 3:05."""
    parts = [arguments.get(*names) for names in (("h", "1"), ("m", "2"), ("s", "3"))]
    while parts and not parts[0]:
        parts.pop(0)
    return ":".join([*parts[:1], *(part.zfill(2) for part in parts[1:])]) or None


def romanized_first(arguments: Arguments) -> str | None:
    """`{{nihongo3|English|日本語|romaji}}`: romaji (日本語, English)."""
    english, japanese, romaji = (arguments.get(name) for name in "123")
    inner = ", ".join(filter(None, (japanese, english)))
    return f"{romaji} ({inner})" if romaji and inner else romaji or inner


def korean(arguments: Arguments) -> str | None:
    """`{{korean|hangul=한국|hanja=韓國|rr=Hanguk}}`: 한국; 韓國; Hanguk."""
    names = (("hangul", "1"), ("hanja", "2"), ("rr", "3"), ("mr", "4"))
    return "; ".join(filter(None, (arguments.get(*pair) for pair in names)))


def rupees(arguments: Arguments) -> str | None:
    """`{{INRConvert|5|c}}`: ₹5 crore."""
    words = {"k": " thousand", "l": " lakh", "m": " million", "c": " crore", "b": " billion", "lc": " lakh crore"}
    amount = arguments.get("1")
    return f"₹{amount}{words.get(arguments.get('2'), '')}" if amount else None


def record(arguments: Arguments) -> str | None:
    """`{{WDL|5|3|2}}`: 5–3–2."""
    return "–".join(arguments.positional())


def inline_formula(arguments: Arguments) -> str | None:
    """`{{tmath|x^2}}`: $x^2$."""
    text = arguments.get("1")
    return f"${text}$" if text else None


def quoted(before: str, after: str) -> Expansion:
    """A quotation inside of a sentence; nothing for a reference of the same name, which has no positional argument."""

    def expansion(arguments: Arguments) -> str | None:
        text = arguments.get("1", "texte", "texto", "testo", "text")
        return f"{before}{text}{after}" if text else None

    return expansion


def table(*rows: tuple[str, Expansion]) -> dict[str, Expansion]:
    """A table from name to expansion; names are in lower case, with bars between those of one row."""
    return {name.strip(): expansion for names, expansion in rows for name in names.split("|")}
