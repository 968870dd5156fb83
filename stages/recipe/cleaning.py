"""The sections of a recipe on addresses, on mending and masking text, and on what recurs or must not be learned."""

from typing import Literal

from pydantic import Field

from stages.recipe.section import Section

PersonalDataKind = Literal["email", "ip_address", "phone_number", "card_number"]


class Urls(Section):
    """Addresses whose pages are not wanted. Lists are files with an entry a line; none ship with Gristmill."""

    domains: tuple[str, ...] = ()
    """Files of domains; a domain stands for all hosts below it."""
    addresses: tuple[str, ...] = ()
    """Files of whole addresses."""
    banned_words: tuple[str, ...] = ()
    """Files of words; one of them between other signs than letters and digits is enough."""
    soft_words: tuple[str, ...] = ()
    """Files of words of which an address may have `maximum_soft_words`."""
    maximum_soft_words: int = Field(default=1, ge=0)
    banned_substrings: tuple[str, ...] = ()
    """Files of letters that may stand nowhere in an address, its other signs left out."""
    reference: Literal["papers", "datatrove"] = "papers"
    """`datatrove` compares words in their case, as datatrove 0.10 does."""


class Cleaning(Section):
    """What is mended and masked in a text that is kept."""

    fix_encoding: bool = True
    """Undoes text that was decoded wrongly before (`cafÃ©`), with ftfy."""
    mask_personal_data: tuple[PersonalDataKind, ...] = ("email", "ip_address", "phone_number", "card_number")


class Decontamination(Section):
    """Documents that share n-grams with evaluation sets (Brown et al. 2020, GPT-3, appendix C: 13 words)."""

    files: tuple[str, ...] = ()
    """Evaluation sets: JSON lines, Parquet or plain text; globs too. Empty: nothing is looked for."""
    columns: tuple[str, ...] = ()
    """The columns whose texts are taken; empty: all that hold text."""
    words: int = Field(default=13, gt=0)
    action: Literal["remove", "cut"] = "remove"
    margin_characters: int = Field(default=200, ge=0)
    """`cut` takes out so many characters on both sides too, to the next word."""
    maximum_pieces: int = Field(default=10, gt=0)
    """`cut` removes a document that falls into more pieces."""
    minimum_piece_characters: int = Field(default=200, ge=0)
    """`cut` drops shorter pieces."""


class RepeatedText(Section):
    """Text that recurs over many documents of the corpus: menus, notices, licences."""

    unit: Literal["none", "lines", "paragraphs", "sentences", "substrings"] = "none"
    """What is compared: lines, paragraphs (CCNet), spans of `span_sentences` sentences (C4) or substrings of
    `substring_words` words and more (Lee et al. 2021)."""
    minimum_documents: int = Field(default=6, ge=2)
    """A unit of text found in so many documents is removed; substrings that occur so often, several times in one
    document too. Documents of the same words count once."""
    keep_first: bool = True
    """Leaves it in one of them, that with the smallest id, as C4 and CCNet do (its copies keep it too, and go as
    duplicates), of substrings the first there; else it is gone, and what pages that are alike have in common with it.
    """
    span_sentences: int = Field(default=3, gt=0)
    substring_words: int = Field(default=50, gt=0)
    minimum_characters: int = Field(default=20, ge=0)
    """Shorter units are left alone; substrings are not asked."""
    minimum_words_left: int = Field(default=50, ge=0)
    """A document that is cut and then has fewer words is removed."""
