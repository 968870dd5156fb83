"""Synonyms and antonyms of WordNet for words of English texts, by nlpaug.

nlpaug draws the words and puts them in (`SynonymAug`, `AntonymAug`), with a table of this text in place of its WordNet
model: which words may stand for which is settled before.

- Part of speech, lemma and form of a word come from `tagging`. Words that are no content words, and those whose part of
  speech is not sure, stay.
- The form is kept: *cities* may become *towns*, *said* may become *told*. Words whose form is not sure are left out.
- After *a* and *an*, a word gives way to one that begins with a vowel as it does, or does not.
- Names stay: words with a capital within a sentence, and capitals of up to three letters. Other words keep their case.
- Synonyms are of senses that make up a fifth of a word's uses; words without any use in WordNet's tagged texts neither
  change nor come in. Antonyms are of verbs, adjectives and adverbs only, as nlpaug has it (Niu and Bansal 2018).

Texts in other languages stay as they are.
"""

import copy
import functools
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from stages.augmentation.change import Change, Context
from stages.augmentation.inflection import ADJECTIVE, ADVERB, NOUN, VERB, inflect
from stages.augmentation.letter_case import in_case_of
from stages.augmentation.nlpaug_calls import hidden_modules, in_groups, join_words, split_words
from stages.augmentation.prose import Span, edit_places, words_of_prose
from stages.augmentation.tagging import Tag, Tagger, function_words
from stages.augmentation.wordnet_files import Lexicon, read_lexicon
from stages.recipe import Step

LANGUAGE = "en"
Relation = Literal["synonym", "antonym"]
SENSE_SHARES: dict[Relation, float] = {"synonym": 0.2, "antonym": 0.0}
"""The share of a lemma's uses that a sense must have: synonyms in rarer senses hardly ever fit."""
MINIMUM_LETTERS = 3
"""Of words that change; shorter ones are abbreviations more often than not."""

_PENN_TAGS = {NOUN: "NN", VERB: "VB", ADJECTIVE: "JJ", ADVERB: "RB"}
"""What nlpaug expects of a tagger; it looks adjectives up twice, which changes no odds."""
_SENTENCE_START = re.compile(r"[.!?:\n\r\"“”„«»*•|]|[-–—]\s")
_VOWEL_SOUND = re.compile("(?!uni|use|usu|uti|eu|one|once)[aeiou]|hono|hour|heir|hones")


def synonym(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Replaces words by synonyms; GristmillError if WordNet is not in `context.wordnet`."""
    return _exchange(text, step, context, generator, "synonym")


def antonym(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Replaces words by antonyms; GristmillError if WordNet is not in `context.wordnet`."""
    return _exchange(text, step, context, generator, "antonym")


def _exchange(text: str, step: Step, context: Context, generator: random.Random, relation: Relation) -> Change:
    words = words_of_prose(text, context.language)
    if context.language != LANGUAGE or not words:
        return Change(text, 0, len(words))
    rows = _rows(text, words, context.wordnet, relation)

    def change(places: Sequence[int]) -> list[str]:
        originals = [text[slice(*words[place])] for place in places]
        drawn = _draw(originals, [rows[place] for place in places], relation, generator)
        return [in_case_of(original, word) for original, word in zip(originals, drawn, strict=True)]

    return edit_places(text, words, step.rate, generator, sorted(rows), change)


Row = tuple[str, tuple[str, ...]]
"""A Penn tag and the words that may stand for a word."""


def _rows(text: str, words: Sequence[Span], wordnet: str, relation: Relation) -> dict[int, Row]:
    """Of each word that may change, by its number."""
    tokens: list[str] = []
    places: list[int] = []
    starts: list[bool] = []
    end = 0
    for start, stop in words:
        between = text[end:start]
        if between != " " and not _is_only_space(between):
            tokens.append("")
        places.append(len(tokens))
        starts.append(end == 0 or (between != " " and bool(_SENTENCE_START.search(between))))
        tokens.append(text[start:stop].lower())
        end = stop
    tags = _tagger(wordnet).tags(tokens)
    rows: dict[int, Row] = {}
    for number, place in enumerate(places):
        tag = tags[place]
        if tag and _may_change(text[slice(*words[number])], starts[number]):
            candidates = _candidates(wordnet, relation, tag, tokens[place])
            if place and tokens[place - 1] in ("a", "an"):
                sound = _begins_with_vowel(tokens[place])
                candidates = tuple(word for word in candidates if _begins_with_vowel(word) == sound)
            if candidates:
                rows[number] = _PENN_TAGS[tag.part], candidates
    return rows


def _is_only_space(between: str) -> bool:
    return between.isspace() and between.count("\n") < 2


def _may_change(word: str, starts_sentence: bool) -> bool:
    if len(word) < MINIMUM_LETTERS:
        return False
    return word.islower() or (word.istitle() and starts_sentence) or (word.isupper() and len(word) > MINIMUM_LETTERS)


def _begins_with_vowel(word: str) -> bool:
    return bool(_VOWEL_SOUND.match(word))


@functools.cache
def _tagger(wordnet: str) -> Tagger:
    return Tagger(read_lexicon(wordnet))


@functools.lru_cache(maxsize=1 << 16)
def _candidates(wordnet: str, relation: Relation, tag: Tag, word: str) -> tuple[str, ...]:
    """The words that may stand for a word, in its form, as often as its senses have them."""
    if relation == "antonym" and tag.part == NOUN:
        return ()
    lexicon = read_lexicon(wordnet)
    senses = lexicon.senses(tag.lemma, tag.part)
    least = max(SENSE_SHARES[relation] * sum(sense.uses for sense in senses), 1)
    related = [getattr(sense, f"{relation}s") for sense in senses if sense.uses >= least]
    lemmas = [lemma for words in related for lemma in words if _is_plain(lexicon, lemma, tag.part)]
    forms = [inflect(lemma, tag.part, tag.form) for lemma in lemmas]
    return tuple(form for form in forms if form and form != word)


def _is_plain(lexicon: Lexicon, lemma: str, part: str) -> bool:
    """Whether a word is in use, is a content word, and is no plural where its singular is in the lexicon as well."""
    if lemma in function_words() or not any(sense.uses for sense in lexicon.senses(lemma, part)):
        return False
    return not (part == NOUN and lemma.endswith("s") and lexicon.senses(lemma[:-1], part))


def _draw(words: Sequence[str], rows: Sequence[Row], relation: Relation, generator: random.Random) -> list[str]:
    """One candidate for each word, drawn by nlpaug, which would leave out those that are equal to the word."""
    augmenter = copy.copy(_augmenters()[relation])
    augmenter.sample = generator.sample
    augmenter.model = _table_class()(rows)
    return in_groups(augmenter.substitute, [word.lower() for word in words])


@functools.cache
def _table_class() -> Callable[[Sequence[Row]], Any]:
    """nlpaug's WordNet model, with a table of rows in place of nltk: its tokens are the rows, one after another."""
    with hidden_modules():
        from nlpaug.model.word_dict.wordnet import WordNet

    class Table(WordNet):  # type: ignore[misc]
        def __init__(self, rows: Sequence[Row]) -> None:
            self.rows = rows
            self.numbers = iter(range(len(rows)))

        def pos_tag(self, tokens: Sequence[str]) -> list[tuple[str, str]]:
            numbers = [next(self.numbers) for _ in tokens]
            return [(str(number), self.rows[number][0]) for number in numbers]

        def predict(self, word: str, pos: str | None = None) -> tuple[str, ...]:  # noqa: ARG002
            return self.rows[int(word)][1]

    return Table


@functools.cache
def _augmenters() -> dict[str, Any]:
    """nlpaug's augmenters, made to change every word that they are given."""
    with hidden_modules():
        from nlpaug.augmenter.word.antonym import AntonymAug
        from nlpaug.augmenter.word.synonym import SynonymAug

    class Synonyms(SynonymAug):  # type: ignore[misc]
        @classmethod
        def get_model(cls, *arguments: Any) -> None:
            """None yet: each text brings its own."""

        def _get_aug_idxes(self, tokens: Sequence[tuple[str, str]]) -> range:
            return range(len(tokens))

    class Antonyms(AntonymAug):  # type: ignore[misc]
        @classmethod
        def get_model(cls, *arguments: Any) -> None:
            """None yet: each text brings its own."""

        def _get_aug_idxes(self, tokens: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
            return [(place, "") for place in range(len(tokens))]

    settings = {"tokenizer": split_words, "reverse_tokenizer": join_words}
    return {"synonym": Synonyms(**settings), "antonym": Antonyms(**settings)}
