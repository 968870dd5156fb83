"""Noisy variants of documents: typing errors and words that change places, by nlpaug.

What nlpaug does that is kept from happening here:

- It draws from Python's and NumPy's global generators. The augmenters get a generator of their own, seeded for each
  document; global state is neither read nor changed.
- Its tokenizer loses newlines, indentation and the spaces around punctuation. It is given nothing but the words to
  change, and every character between words stays where it was.
- It changes at most ten words, however long the text, and searches the text anew for each word. How many and which
  words to change is drawn here, and they are handed over in small groups.
- Its swap changes the case of a text's first word; its keyboards hold capitals, digits and symbols as neighbours of
  small letters, and one neighbour of two characters. Words keep their case, letters become letters.
- Importing it imports torch, transformers and nltk where they are installed, which it needs for other augmenters. They
  are hidden from it meanwhile. The augmenters used here read nothing but the keyboard layouts that it ships: there is
  no download.
"""

import contextlib
import copy
import functools
import hashlib
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stages.document import identifier
from stages.recipe import Augmentation

HEAVY_MODULES = ("torch", "transformers", "nltk")

KEYBOARDS = frozenset({"de", "en", "es", "fr", "he", "it", "nl", "pl", "th", "tr", "uk"})
"""Languages that nlpaug 1.1.11 ships a keyboard layout for."""

# fmt: off
LATIN_LANGUAGES = frozenset({
    "af", "az", "bcl", "br", "bs", "ca", "cs", "cy", "da", "eo", "et", "eu", "ext", "fi", "fo", "fy", "ga",
    "gcf", "gcr", "gd", "gl", "ha", "hr", "ht", "hu", "id", "ig", "is", "jv", "kab", "ku", "la", "lb", "lg",
    "lij", "ln", "lt", "ltg", "lv", "mg", "ms", "mt", "nn", "no", "nso", "oc", "om", "pcm", "qu", "ro", "rw",
    "se", "sk", "sl", "sn", "so", "sq", "st", "sv", "sw", "tk", "tl", "uz", "vec", "vi", "vo", "wa", "xh",
    "yo", "zu",
})
# fmt: on
"""Languages in Latin script without a layout of their own; they are typed on the English one."""

LINE_BREAK = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
"""What `str.splitlines` takes for the end of a line."""

GROUP = 64
"""Words handed to nlpaug at once; its time grows with the square of their number."""


@dataclass(frozen=True)
class Variant:
    """A changed copy of a document."""

    id: int
    """64-bit hash of the document's id, the augmentation and the seed."""
    text: str
    augmentation: str
    """The augmenter with its settings, as `keyboard(rate=0.05)`."""


def variants(
    document_id: int, text: str, language: str, augmentations: Sequence[Augmentation], seed: int
) -> Iterator[Variant]:
    """The variants of one document; each augmentation makes one of a `share` of all documents.

    A pure function of its arguments. There is no variant where nothing changes: no words, too few words for the rate,
    a language without a keyboard.
    """
    for settings in augmentations:
        name = f"{settings.augmenter}(rate={settings.rate})"
        digest = hashlib.blake2b(f"augment {seed} {document_id} {name}".encode(), digest_size=16).digest()
        if int.from_bytes(digest[:8], "little") >= settings.share * 2**64:
            continue
        generator = random.Random(int.from_bytes(digest[8:], "little"))
        changed = _change(text, language, settings, generator)
        if changed != text:
            yield Variant(identifier(f"{document_id} {name} {seed}"), changed, name)


def _change(text: str, language: str, settings: Augmentation, generator: random.Random) -> str:
    if settings.augmenter == "keyboard":
        return mistype(text, language, settings.rate, generator)
    return swap_words(text, settings.rate, generator)


def mistype(text: str, language: str, rate: float, generator: random.Random) -> str:
    """Gives a share of the words one typing error each: a letter becomes its neighbour on the language's keyboard."""
    layout = language if language in KEYBOARDS else "en" if language in LATIN_LANGUAGES else None
    if layout is None:
        return text
    augmenter = copy.copy(_keyboard(layout))
    augmenter.sample = generator.sample
    keys = augmenter.model.model.keys()
    pieces = _pieces(text)
    words = [place for place in range(0, len(pieces), 2) if not keys.isdisjoint(pieces[place])]
    chosen = sorted(generator.sample(words, _round_at_random(rate * len(words), generator)))
    for place, word in zip(chosen, _in_groups(augmenter.substitute, [pieces[place] for place in chosen]), strict=True):
        pieces[place] = word
    return "".join(pieces)


def swap_words(text: str, rate: float, generator: random.Random) -> str:
    """Lets a share of the words change places with a neighbour on the same line."""
    pieces = _pieces(text)
    lines = _lines(pieces)
    slots = [number for number, line in enumerate(lines) for _ in range(len(line) // 2)]
    words = sum(map(len, lines))
    count = min(_round_at_random(rate * words / 2, generator), len(slots))
    chosen: list[int] = []
    for number, pairs in sorted(Counter(generator.sample(slots, count)).items()):
        for first in _disjoint_pairs(len(lines[number]), pairs, generator):
            chosen.extend(lines[number][first : first + 2])
    swapped = _in_groups(_word_swapper().swap, [pieces[place] for place in chosen])
    for place, word in zip(chosen, swapped, strict=True):
        pieces[place] = word
    return "".join(pieces)


def _pieces(text: str) -> list[str]:
    """Words at even places, the white space between them at odd ones; joined they are the text."""
    return re.split(r"(\s+)", text)


def _lines(pieces: Sequence[str]) -> list[list[int]]:
    """The places of the words of each line."""
    lines: list[list[int]] = [[]]
    for place in range(0, len(pieces), 2):
        if place and LINE_BREAK.search(pieces[place - 1]):
            lines.append([])
        if pieces[place]:
            lines[-1].append(place)
    return lines


def _disjoint_pairs(words: int, pairs: int, generator: random.Random) -> list[int]:
    """First words of some disjoint pairs of neighbours, every choice equally likely."""
    chosen = sorted(generator.sample(range(words - pairs), pairs))
    return [first + before for before, first in enumerate(chosen)]


def _round_at_random(count: float, generator: random.Random) -> int:
    """A whole number next to `count`, which it is on average; rounding up would double the rate on short texts."""
    return int(count + generator.random())


def _in_groups(change: Callable[[str], str], words: Sequence[str]) -> list[str]:
    changed: list[str] = []
    for start in range(0, len(words), GROUP):
        changed.extend(change(" ".join(words[start : start + GROUP])).split(" "))
    return changed


@functools.cache
def _keyboard(layout: str) -> Any:
    """nlpaug's keyboard augmenter, set to change one letter of every word it is given."""
    with _hidden_modules(HEAVY_MODULES):
        from nlpaug.augmenter.char.keyboard import KeyboardAug

    augmenter = KeyboardAug(
        lang=layout,
        min_char=1,
        aug_char_max=1,
        aug_word_p=1.0,
        aug_word_max=None,
        tokenizer=_split_words,
        reverse_tokenizer=" ".join,
    )
    neighbours = {
        key: [other for other in others if _is_typed(other) and other.isupper() == key.isupper()]
        for key, others in augmenter.model.model.items()
        if _is_typed(key)
    }
    augmenter.model.model = {key: others for key, others in neighbours.items() if others}
    return augmenter


def _is_typed(character: str) -> bool:
    """Whether this is one letter, or one vowel or tone mark as Thai keyboards have them."""
    return len(character) == 1 and unicodedata.category(character)[0] in "LM"


@functools.cache
def _word_swapper() -> Any:
    """nlpaug's word swap, set to exchange the first word it is given with the second, the third with the fourth, ..."""
    with _hidden_modules(HEAVY_MODULES):
        from nlpaug.augmenter.word.random import RandomWordAug

    class PairSwap(RandomWordAug):  # type: ignore[misc]
        def _get_random_aug_idxes(self, tokens: Sequence[str]) -> range:
            return range(1, len(tokens), 2)

        def _get_swap_position(self, pos: int, token_length: int) -> int:  # noqa: ARG002
            return pos + 1

    return PairSwap(action="swap", tokenizer=_split_after_start, reverse_tokenizer=" ".join)


def _split_words(words: str) -> list[str]:
    return words.split(" ")


def _split_after_start(words: str) -> list[str]:
    """An empty token before the words: nlpaug changes the case of token 0, and drops empty tokens at the end."""
    return ["", *words.split(" ")]


@contextlib.contextmanager
def _hidden_modules(names: Sequence[str]) -> Iterator[None]:
    """Makes imports of these modules fail meanwhile, unless they are imported already."""
    hidden: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
