"""All kinds of personal data of a text, masked one after the other.

A mask depends on what it replaces and on nothing else, so that the same text is masked the same way wherever it stands.
Masks are not personal data themselves: masking a masked text changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping

from stages.document import Edit
from stages.personal_data.card_numbers import card_numbers
from stages.personal_data.email_addresses import email_addresses
from stages.personal_data.ip_addresses import ip_addresses
from stages.personal_data.mask import Mask, has_long_number
from stages.personal_data.phone_numbers import phone_numbers
from stages.recipe import Cleaning, PersonalDataKind

_FINDERS: Mapping[PersonalDataKind, Callable[[str], Iterable[Mask]]] = {
    "email": email_addresses,
    "ip_address": ip_addresses,
    "card_number": card_numbers,
    "phone_number": phone_numbers,
}
"""In the order in which they are applied: the digits of a card could be read as those of a telephone."""


_NUMBERS = ("card_number", "phone_number")


def mask_personal_data(text: str, settings: Cleaning) -> tuple[str, tuple[Edit, ...]]:
    """The text with the chosen kinds masked, and an edit for each that occurs: `mask_email`, `mask_ip_address`,
    `mask_card_number`, `mask_phone_number`, with how many were masked and how many characters that took away (less
    than none where masks are longer).
    """
    edits = []
    has_numbers = has_long_number(text)
    for kind, find in _FINDERS.items():
        if kind not in settings.mask_personal_data or (kind in _NUMBERS and not has_numbers):
            continue
        masks = list(find(text))
        if masks:
            masked = _replaced(text, masks)
            edits.append(Edit(f"mask_{kind}", len(masks), len(text) - len(masked)))
            text = masked
    return text, tuple(edits)


def _replaced(text: str, masks: Iterable[Mask]) -> str:
    parts: list[str] = []
    done = 0
    for mask in masks:
        parts += (text[done : mask.start], mask.replacement)
        done = mask.stop
    parts.append(text[done:])
    return "".join(parts)
