"""Numbers of payment cards in a text: right checksum, known issuer, and written as cards are.

Of any long number, one in ten has a right checksum (Luhn, ISO/IEC 7812-1, annex B) and one in four begins like a card
of some issuer. So the numbers must stand alone (not in an address, an identifier or a decimal), in the length of their
issuer, and be grouped as on a card or not at all.
"""

import re
from collections.abc import Iterator

from stages.personal_data.mask import LETTERS, Mask, zeros

_NUMBER = re.compile(
    rf"[0-9](?<![{LETTERS}./=&#%@+$€£-].)(?<![0-9][ ,:].)[0-9]{{3}}"
    r"(?:[0-9]{9,15}|([ -])[0-9]{4}(?:\1[0-9]{4}){2}(?:\1[0-9]{1,3})?|([ -])[0-9]{6}\2[0-9]{4,5})"
    rf"(?![{LETTERS}/=&#%@+-]|[.,: ][0-9])"
)
_ISSUER = re.compile(
    r"4[0-9]{15}(?:[0-9]{3})?"  # Visa: 16 or 19; the 13 of old cards are those of German and other bar codes too
    r"|5[1-5][0-9]{14}|222[1-9][0-9]{12}|22[3-9][0-9]{13}|2[3-6][0-9]{14}|27[01][0-9]{13}|2720[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}(?:[0-9]{3})?"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}(?:[0-9]{3})?"  # JCB
    r"|62[0-9]{14}(?:[0-9]{3})?"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[123])[0-9]{9}(?:[0-9]{3}(?:[0-9]{2,3})?)?"  # Maestro: 13, 16, 18 or 19
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
)
"""Prefixes and lengths as the issuers publish them (ISO/IEC 7812-1 issuer identification numbers)."""
_NOT_DIGITS = re.compile("[ -]")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The digit sum of twice a digit."""


def card_numbers(text: str) -> Iterator[Mask]:
    """The card numbers of a text, from left to right; the mask has zeros in the same shape, and 0 is no issuer."""
    for found in _NUMBER.finditer(text):
        digits = _NOT_DIGITS.sub("", found.group())
        if _ISSUER.fullmatch(digits) and has_luhn_checksum(digits):
            yield Mask(found.start(), found.end(), zeros(found.group()))


def has_luhn_checksum(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[0::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0
