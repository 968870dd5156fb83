"""Which documents get which variants, and what the variants are: a pure function of document, augmentation and seed."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stages.augmentation.change import Change, Context
from stages.augmentation.registry import augmenter
from stages.document import identifier
from stages.recipe import Augmentation


@dataclass(frozen=True)
class Variant:
    """A changed copy of a document."""

    id: int
    """64-bit hash of the document's id, the augmentation and the seed."""
    text: str
    augmentation: str
    """The augmenter with its settings, as `keyboard(rate=0.05)`."""
    edits: int
    """How many words or sentences were changed; of a sequence, the sum over its steps."""
    units: int
    """How many words of prose or sentences the text has; of a sequence, those that its first step found."""


def variants(
    document_id: int,
    text: str,
    language: str,
    augmentations: Sequence[Augmentation],
    seed: int,
    wordnet: str = "",
    word_statistics: str = "",
) -> Iterator[Variant]:
    """The variants of one document; each augmentation makes one of a `share` of all documents.

    A pure function of its arguments, and each variant depends on its own augmentation only. There is no variant where
    nothing changes: no words, too few words for the rate, a language that the augmenter does not know.

    Raises GristmillError where an augmenter's data, model or function is missing or fails.
    """
    context = Context(language, wordnet, word_statistics, document_id)
    for augmentation in augmentations:
        if augmentation.languages and language not in augmentation.languages:
            continue
        name = augmentation.name
        digest = hashlib.blake2b(f"augment {seed} {document_id} {name}".encode(), digest_size=16).digest()
        if int.from_bytes(digest[:8], "little") >= augmentation.share * 2**64:
            continue
        generator = random.Random(int.from_bytes(digest[8:], "little"))
        change = _change(text, augmentation, context, generator)
        if change.text != text:
            yield Variant(identifier(f"{document_id} {name} {seed}"), change.text, name, change.edits, change.units)


def _change(text: str, augmentation: Augmentation, context: Context, generator: random.Random) -> Change:
    change = Change(text, 0, 0)
    for number, step in enumerate(augmentation.own_steps):
        after = augmenter(step.augmenter)(change.text, step, context, generator)
        change = Change(after.text, change.edits + after.edits, change.units if number else after.units)
    return change
