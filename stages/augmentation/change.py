"""What every augmenter takes and gives."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from stages.recipe import Step


@dataclass(frozen=True)
class Change:
    """A text after an augmenter."""

    text: str
    edits: int
    """How many words (or sentences) were changed."""
    units: int
    """How many words of prose (or sentences) the text has: what the rate is a share of."""


@dataclass(frozen=True)
class Context:
    """What augmenters read beside the text and their settings."""

    language: str = "en"
    """Of the text, as py3langid names it."""
    wordnet: str = ""
    """The folder of WordNet's files."""
    word_statistics: str = ""
    """The folder of the corpus's word statistics, for `tf_idf`."""
    document_id: int = 0
    """Named in errors; no change depends on it but through the generator."""


Augmenter = Callable[[str, Step, Context, random.Random], Change]
"""A pure function of its arguments: all chance comes from the generator."""
