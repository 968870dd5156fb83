"""Telephone numbers in a text, where they can be told from other numbers.

Three forms are: the international one (`+49 30 …`, `0049 30 …`) if libphonenumber's numbering plans know the number;
the North American one with its brackets or hyphens (`(212) 555-0123`), likewise; and any after a word that says so
(`Tel.: 030 …`). Numbers that are written otherwise cannot be told from dates, prices, identifiers and parts of tables.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from stages.personal_data.mask import LETTERS, SEPARATORS, Mask, zeros

LEAST_DIGITS = 7
MOST_DIGITS = 15
"""The longest international number (ITU-T E.164, section 6.2)."""
MASKED = "0000"
"""What no number has behind its country code but +800 0000 0000 and its like, and every mask has."""

_NUMBER = re.compile(
    rf"[+(0-9](?<![{LETTERS}+/=&-]\+)(?<![{LETTERS}.+*/=&#%$€£-][(0-9])(?<![0-9][,:].)"
    r"(?:(?<=\+)\(?[0-9]|(?<=\()[0-9]|(?<=[0-9]))"
    rf"(?:{SEPARATORS}{{0,3}}[0-9]){{6,16}}(?![{LETTERS}%])"
)
_NORTH_AMERICAN = re.compile(
    r"((?:1[-. ])?)((?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}-|[2-9][0-9]{2}\.)[2-9][0-9]{2}[-.][0-9]{4})(?![-. ]?[0-9])"
)
_FOUR_PARTS = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\.?[0-9])")
"""An IP address or a version."""
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[ .\u00a0][0-9]{3})+")
_GROUP_END = re.compile(r"[0-9](?![0-9])")
_NOT_DIGITS = re.compile("[^0-9]+")
_LABEL = re.compile(
    r"(?:(?<!\w)(?:tel|tels|t[eé]l[eé]phones?|phones?|mobile|mob|cell|fax|telefax|whatsapp|t[eé]l|telefon|mobil|handy|"
    r"tel[eé]fonos?|m[oó]vil|celular|telefones?|telem[oó]vel|telefono|cellulare|telefoon|тел|телефоны?|факс|моб|τηλ)"
    r"|电话|電話|手机|手機|传真|傳真|携帯|전화|팩스)"
    r"\.?(?: ?(?:number|no|nr|nummer|num[eé]ro|n[uú]mero|numero|номер)\.?|号码|番号|번호)?[^\w\n+]{0,3}\Z",
    re.IGNORECASE,
)
_LABEL_CHARACTERS = 28


def phone_numbers(text: str) -> Iterator[Mask]:
    """The telephone numbers of a text, from left to right.

    The mask has zeros in the same shape after the country code, and is no number of any numbering plan.
    """
    for found in _NUMBER.finditer(text):
        mask = _mask_for(found.group(), text[max(found.start() - _LABEL_CHARACTERS, 0) : found.start()])
        if mask:
            yield Mask(found.start(), found.start() + len(mask), mask)


def _mask_for(number: str, before: str) -> str:
    """What stands for a number, or for its beginning where it runs on into others; empty: it is none."""
    if _FOUR_PARTS.search(number):
        return ""
    digits = _NOT_DIGITS.sub("", number)
    if number.startswith("+"):
        return _international(number, 1)
    is_announced = _LABEL.search(before) is not None
    if number.startswith("00") and digits.strip("0"):
        # Without a space or a word before it, most are identifiers that begin with zeros.
        return _international(number, 2) if is_announced or number != digits else ""
    if is_announced and len(digits) <= MOST_DIGITS and digits.strip("0"):
        return zeros(number)
    american = _NORTH_AMERICAN.match(number)
    if american and _country_code_length("1" + _NOT_DIGITS.sub("", american.group())[-10:]):
        return american.group(1) + zeros(american.group(2))
    return ""


def _international(number: str, prefix: int) -> str:
    """The mask of the longest run of whole groups that is a number of its country."""
    for end in reversed([found.end() for found in _GROUP_END.finditer(number)]):
        written = number[:end]
        digits = _NOT_DIGITS.sub("", written[prefix:])
        if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
            continue
        length = _country_code_length(digits)
        if digits.startswith(MASKED, length):
            return ""
        if length and not _is_grouped_by_thousands(written[prefix:], length):
            code_end = _end_of_digits(written, prefix, length)
            return written[:code_end] + zeros(written[code_end:])
    return ""


def _is_grouped_by_thousands(number: str, country_code: int) -> bool:
    """Whether a number is written like `922 337 203 685`, and what stands first is not the country code."""
    return _THOUSANDS.fullmatch(number) is not None and number[country_code].isdigit()


def _end_of_digits(number: str, start: int, count: int) -> int:
    place = start
    while count:
        count -= number[place].isdigit()
        place += 1
    return place


@lru_cache(maxsize=4096)
def _country_code_length(digits: str) -> int:
    """The length of the country code of an international number without its prefix; 0: no country has the number."""
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return 0
    return len(str(number.country_code)) if phonenumbers.is_valid_number(number) else 0
