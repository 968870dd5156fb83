"""Words that are misspelt, split, exchanged with a neighbour, or missing; by nlpaug.

What nlpaug does that is kept from happening, beside what `nlpaug_calls` lists:

- It orders its misspellings by a set, which differs from process to process; here they are sorted. Its list holds
  words damaged by a wrong encoding, and it misspells words as correct words whose misspelling they are; both are left
  out.
- It never splits off a last letter; here every place between two letters may be it.
- Its crop runs over the beginning of the text to its end, and fails for a single word. Where the run lies is drawn
  here.

No line loses its last word of prose, and none its break or its indentation. With a word goes the run of spaces before
it, or where the line begins with it, the one behind it.
"""

import copy
import functools
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from stages.augmentation.change import Change, Context
from stages.augmentation.letter_case import in_case_of
from stages.augmentation.nlpaug_calls import (
    hidden_modules,
    in_groups,
    join_words,
    split_after_start,
    split_words,
)
from stages.augmentation.prose import (
    LINE_BREAK,
    Span,
    edit_words,
    neighbours,
    replace,
    round_at_random,
    shared_out,
    words_by_line,
    words_of_prose,
)
from stages.quality.segmentation import UNSPACED_LANGUAGES
from stages.recipe import Step

SHORTEST_SPLIT = 4
"""nlpaug splits words of four letters or more; in languages without spaces, where words are short, two are enough."""

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_SPACES = re.compile(r"[^\S\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_SPACE = re.compile(_SPACES.pattern[:-1])
_BEFORE_LETTER = re.compile(r"(?<!^)(?=[^\W\d_])")


def spelling(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A word is misspelt as people have misspelt it (Belinkov & Bisk 2018, arXiv 1711.02173); English only."""
    if context.language != "en":
        return Change(text, 0, len(words_of_prose(text, context.language)))
    augmenter = _own(_speller(), generator)
    known = augmenter.model.dict

    def change(words: Sequence[str]) -> list[str]:
        listed = [word if word in known else word.lower() for word in words]
        return list(map(in_case_of, words, in_groups(augmenter.substitute, listed)))

    return edit_words(
        text, step.rate, generator, lambda word: word in known or word.lower() in known, change, context.language
    )


def split(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A space comes into a word (Li et al. 2019, TextBugger, arXiv 1812.05271)."""
    shortest = 2 if context.language in UNSPACED_LANGUAGES else SHORTEST_SPLIT
    splitter = copy.copy(_splitter())

    def split_group(words: str) -> str:
        places = [generator.choice(_places_to_split(word)) for word in words.split(" ")]
        splitter.sample = lambda *_: places.pop()
        return str(splitter.split(words))

    return edit_words(
        text,
        step.rate,
        generator,
        lambda word: len(word) >= shortest and bool(_places_to_split(word)),
        functools.partial(in_groups, split_group, pieces=2),
        context.language,
    )


def word_swap(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Two neighbours on a line change places (Wei & Zou 2019, EDA, arXiv 1901.11196); the signs between them stay."""
    words = words_of_prose(text, context.language)
    runs = neighbours(text, words)
    chosen = [
        words[runs[number][first + offset]]
        for number, pairs in shared_out([len(run) // 2 for run in runs], step.rate * len(words) / 2, generator)
        for first in _disjoint_pairs(len(runs[number]), pairs, generator)
        for offset in (0, 1)
    ]
    if not chosen:
        return Change(text, 0, len(words))
    swapped = in_groups(_word_swapper().swap, [text[slice(*span)] for span in chosen])
    return replace(text, chosen, swapped, len(words))


def word_delete(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Words are missing (Wei & Zou 2019, EDA, arXiv 1901.11196)."""
    words = words_of_prose(text, context.language)
    lines = words_by_line(text, words)
    chosen = [
        words[place]
        for number, count in shared_out([len(line) - 1 for line in lines], step.rate * len(words), generator)
        for place in sorted(generator.sample(lines[number], count))
    ]
    return _without(text, chosen, len(words), _remover("delete").delete)


def word_crop(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """One run of words is missing; of each line that it would swallow one word stays.

    The rate is the share of words in the run.
    """
    words = words_of_prose(text, context.language)
    lines = words_by_line(text, words)
    removable = len(words) - len(lines)
    count = min(round_at_random(step.rate * len(words), generator), removable)
    start = generator.randint(0, removable - count)
    shift_within_line = generator.randint(0, 1)
    chosen: list[Span] = []
    for line in lines:
        room = len(line) - 1
        first, last = max(start, 0), min(start + count, room)
        if first < last:
            begins_here, ends_here = start >= 0, start + count <= room
            # A run that goes on over the line's break leaves the word at the other end of the line.
            shift = shift_within_line if begins_here and ends_here else int(begins_here)
            chosen += [words[place] for place in line[first + shift : last + shift]]
        start -= room
    return _without(text, chosen, len(words), _remover("crop").crop)


def _own(augmenter: Any, generator: random.Random) -> Any:
    own = copy.copy(augmenter)
    own.sample = generator.sample
    return own


def _disjoint_pairs(words: int, pairs: int, generator: random.Random) -> list[int]:
    """First words of some disjoint pairs of neighbours, every choice equally likely."""
    chosen = sorted(generator.sample(range(words - pairs), pairs))
    return [first + before for before, first in enumerate(chosen)]


def _without(text: str, chosen: Sequence[Span], units: int, remove: Callable[[str], str]) -> Change:
    """The text with some words removed, and a run of spaces beside each."""
    spans: list[Span] = []
    taken = 0
    for start, stop in chosen:
        spans.append(_with_spaces(text, start, stop, taken))
        taken = spans[-1][1]
    return replace(text, spans, [remove(text[slice(*span)]) for span in chosen], units)


def _with_spaces(text: str, start: int, stop: int, taken: int) -> Span:
    """A word with the spaces before it, or with those behind it where these are indentation or already gone.

    In a language without spaces those behind it stay, where another word goes before.
    """
    begin = start
    while begin > taken and _SPACE.match(text, begin - 1):
        begin -= 1
    if begin < start and begin and not LINE_BREAK.match(text, begin - 1):
        return begin, stop
    spaces = None if begin and text[begin - 1].isalnum() else _SPACES.match(text, stop)
    return start, spaces.end() if spaces else stop


@functools.lru_cache(maxsize=0x8000)
def _places_to_split(word: str) -> tuple[int, ...]:
    """Before letters, not before marks, apostrophes or hyphens."""
    return tuple(place.start() for place in _BEFORE_LETTER.finditer(word))


@functools.cache
def _speller() -> Any:
    """nlpaug's misspelling of English words, set to misspell every word it is given."""
    with hidden_modules():
        from nlpaug.augmenter.word.spelling import SpellingAug
        from nlpaug.model.word_dict.spelling import Spelling

    class EveryWord(SpellingAug):  # type: ignore[misc]
        def _get_aug_idxes(self, tokens: Sequence[str]) -> range:
            return range(1, len(tokens))

    augmenter = EveryWord(tokenizer=split_after_start, reverse_tokenizer=join_words)
    # The list that nlpaug keeps for all its augmenters has misspellings as right words too.
    model = Spelling(augmenter.dict_path, include_reverse=False)
    listed = {word: sorted(filter(_WORD.fullmatch, set(others) - {word})) for word, others in model.dict.items()}
    model.dict = {word: others for word, others in sorted(listed.items()) if others}
    augmenter.model = model
    return augmenter


@functools.cache
def _splitter() -> Any:
    """nlpaug's word splitting, set to split every word it is given; `sample` says where, first for the last."""
    with hidden_modules():
        from nlpaug.augmenter.word.split import SplitAug

    class EveryWord(SplitAug):  # type: ignore[misc]
        def _get_aug_idxes(self, tokens: Sequence[str]) -> list[int]:
            return list(range(len(tokens)))

    return EveryWord(tokenizer=split_words, reverse_tokenizer=join_words)


@functools.cache
def _word_swapper() -> Any:
    """nlpaug's word swap, set to exchange the first word it is given with the second, the third with the fourth, ..."""
    with hidden_modules():
        from nlpaug.augmenter.word.random import RandomWordAug

    class PairSwap(RandomWordAug):  # type: ignore[misc]
        def _get_random_aug_idxes(self, tokens: Sequence[str]) -> range:
            return range(1, len(tokens), 2)

        def _get_swap_position(self, pos: int, token_length: int) -> int:  # noqa: ARG002
            return pos + 1

    return PairSwap(action="swap", tokenizer=split_after_start, reverse_tokenizer=join_words)


@functools.cache
def _remover(action: str) -> Any:
    """nlpaug's removal of words, set to remove the one that it is given: nothing but the empty token is left."""
    with hidden_modules():
        from nlpaug.augmenter.word.random import RandomWordAug

    class OneWord(RandomWordAug):  # type: ignore[misc]
        def _get_random_aug_idxes(self, tokens: Sequence[str]) -> list[int]:  # noqa: ARG002
            return [1]

        def _get_aug_range_idxes(self, tokens: Sequence[str]) -> list[int]:  # noqa: ARG002
            return [1]

    return OneWord(action=action, tokenizer=split_after_start, reverse_tokenizer=join_words)
