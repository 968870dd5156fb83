"""How nlpaug's augmenters are called, so that they change nothing but the words they are given.

What nlpaug does that is kept from happening:

- It draws from Python's and NumPy's global generators. Every call gets a copy of an augmenter with the document's own
  generator; global state is neither read nor changed.
- Its tokenizer loses newlines, indentation and the spaces around punctuation. It is given nothing but the words to
  change, and every character between words stays where it was.
- It changes at most ten words, however long the text, and searches the text anew for each word. How many and which
  words to change is drawn in `prose`, and they are handed over in small groups.
- It changes the case of a text's first word. A group begins with an empty token.
- Importing it imports torch, transformers and nltk where they are installed, which it needs for other augmenters. They
  are hidden from it meanwhile. There is no download: what the augmenters read ships with the package.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

HEAVY_MODULES = ("torch", "transformers", "nltk")

GROUP = 64
"""Words handed to nlpaug at once; its time grows with the square of their number."""
RETRIES = 4
"""How often a word that came back as it was is handed over again, with other random numbers."""


def in_groups(change: Callable[[str], str], words: Sequence[str], pieces: int = 1) -> list[str]:
    """Hands words to a method of an augmenter that splits and joins at spaces; gives as many back.

    pieces: how many words come back for each; they are joined by a space.
    """
    changed: list[str] = []
    for start in range(0, len(words), GROUP):
        changed.extend(change(" ".join(words[start : start + GROUP])).split(" "))
    if pieces == 1:
        return changed
    return [" ".join(changed[start : start + pieces]) for start in range(0, len(changed), pieces)]


def until_changed(change: Callable[[Sequence[str]], Sequence[str]], words: Sequence[str]) -> list[str]:
    """Changes words; those that came back as they were (a letter for itself) are changed again, up to four times."""
    changed = list(change(words))
    for _ in range(RETRIES):
        same = [place for place, word in enumerate(words) if changed[place] == word]
        if not same:
            break
        for place, word in zip(same, change([words[place] for place in same]), strict=True):
            changed[place] = word
    return changed


def split_words(words: str) -> list[str]:
    """A tokenizer for nlpaug that knows nothing but spaces."""
    return words.split(" ")


def split_after_start(words: str) -> list[str]:
    """An empty token before the words: nlpaug changes the case of token 0, and drops empty tokens at the end."""
    return ["", *words.split(" ")]


def join_words(tokens: Sequence[str]) -> str:
    """What puts the words together again."""
    return " ".join(tokens)


@contextlib.contextmanager
def hidden_modules(names: Sequence[str] = HEAVY_MODULES) -> Iterator[None]:
    """Makes imports of these modules fail meanwhile, unless they are imported already."""
    hidden: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
