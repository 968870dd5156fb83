"""The words of a text, in every language and in both readings of the papers."""

from typing import Literal

from stages.quality.english_words import english_words
from stages.quality.segmentation import UNSPACED_LANGUAGES, segments

__all__ = ["UNSPACED_LANGUAGES", "is_spaced", "words_of"]


def is_spaced(language: str) -> bool:
    """Whether a language, by its code in the recipe, puts spaces between words."""
    return language not in UNSPACED_LANGUAGES


def words_of(text: str, language: str, reference: Literal["papers", "datatrove"]) -> list[str]:
    """The words of a text in their order, with repetitions.

    `papers`: what white space separates, with the signs beside it, as the papers count. `datatrove`: what spaCy's
    English tokeniser gives, which datatrove 0.10 uses whatever the language of a filter's texts is, unless told.
    Languages without spaces are segmented in both; signs are no words there.
    """
    if not is_spaced(language):
        return segments(text, language)
    return english_words(text) if reference == "datatrove" else text.split()
