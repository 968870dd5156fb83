"""E-mail addresses, IP addresses, card and phone numbers in a text, replaced by such as are nobody's."""

from stages.personal_data.masking import mask_personal_data

__all__ = ["mask_personal_data"]
