"""TF-IDF word replacement: words that carry little meaning give way to others that do (UDA, Xie et al. 2019, arXiv
1904.12848, appendix B), with statistics of the corpus itself, by nlpaug.

First the statistics: `count_words` counts some documents, `merge` adds counts up, `write_statistics` writes those of
the whole corpus in nlpaug's file format. Counts are whole numbers, so that any partition of the documents, added up in
any order, gives the same bytes. Then `tf_idf` changes a text by them.

Languages are counted apart: no Spanish word comes into an English text. Words count in lower case, and of prose only:
code is left out.
"""

import bisect
import copy
import functools
import itertools
import math
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stages.artifacts import exists, join, open_file, write_bytes
from stages.augmentation.change import Change, Context
from stages.augmentation.letter_case import in_case_of
from stages.augmentation.nlpaug_calls import hidden_modules, in_groups, join_words, split_words
from stages.augmentation.prose import replace, round_at_random, words_of_prose
from stages.errors import GristmillError
from stages.recipe import Step

COUNTS_SCHEMA = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("word", pa.string(), nullable=False),
        pa.field("documents", pa.uint64(), nullable=False),
        pa.field("frequency", pa.uint64(), nullable=False),
    ]
)
"""One word of one language a row, sorted. `documents`: how many hold the word. `frequency`: the sum, over these
documents, of the share of their words that it is, in units of 1 / FREQUENCY_UNIT. The row of the empty word tells how
many documents the language has."""

FREQUENCY_UNIT = 2**32
VOCABULARY = 50_000
"""Words kept of each language; of the rest of a large corpus, most are names and misspellings."""
MAXIMUM_CHARACTERS = 40
"""Of a word that is counted."""
MAXIMUM_DRAWS = 20
"""Until another word than the one to replace is drawn; a vocabulary may hold hardly any other."""
IDF_FILE = "tfidfaug_w2idf.txt"
TFIDF_FILE = "tfidfaug_w2tfidf.txt"
"""The names that nlpaug's `TfIdf.read` looks for in a folder."""


def count_words(documents: Iterable[tuple[str, str]]) -> pa.Table:
    """Counts the words of documents, each given as its language and its text; a table of COUNTS_SCHEMA.

    It holds all different words: what a job counts at once bounds its memory.
    """
    holding: dict[str, Counter[str]] = {}
    frequencies: dict[str, Counter[str]] = {}
    for language, text in documents:
        spans = words_of_prose(text, language)
        words = Counter([text[start:stop].lower() for start, stop in spans])
        in_documents = holding.setdefault(language, Counter())
        in_documents[""] += 1
        in_documents.update(words.keys())
        frequency = frequencies.setdefault(language, Counter())
        unit = FREQUENCY_UNIT // max(len(spans), 1)
        for word, count in words.items():
            frequency[word] += count * unit
    tables = [_table(language, holding[language], frequencies[language]) for language in holding]
    return _sorted(pa.concat_tables([COUNTS_SCHEMA.empty_table(), *tables]))


def _table(language: str, documents: Mapping[str, int], frequencies: Mapping[str, int]) -> pa.Table:
    words = [word for word in documents if len(word) <= MAXIMUM_CHARACTERS]
    columns = [[language] * len(words), words, [documents[word] for word in words]]
    return pa.table([*columns, [frequencies.get(word, 0) for word in words]], schema=COUNTS_SCHEMA)


def merge(counts: Sequence[pa.Table]) -> pa.Table:
    """Adds counts up; the result does not depend on their order or grouping."""
    grouped = pa.concat_tables([COUNTS_SCHEMA.empty_table(), *counts]).group_by(["language", "word"], use_threads=False)
    summed = grouped.aggregate([("documents", "sum"), ("frequency", "sum")])
    return _sorted(summed.rename_columns(COUNTS_SCHEMA.names).cast(COUNTS_SCHEMA))


def most_frequent(counts: pa.Table, vocabulary: int = VOCABULARY) -> pa.Table:
    """The counts of the words of each language that most documents hold; of equals, the first by code points.

    They are among the most frequent of whatever part of all words they are in, so that parts can be cut down apart.
    """
    in_order = counts.sort_by([("language", "ascending"), ("documents", "descending"), ("word", "ascending")])
    languages, words = in_order["language"].to_pylist(), in_order["word"].to_pylist()
    found: Counter[str] = Counter()
    keep = []
    for language, word in zip(languages, words, strict=True):
        found[language] += word != ""
        keep.append(not word or found[language] <= vocabulary)
    return _sorted(in_order.filter(pa.array(keep, pa.bool_())))


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([("language", "ascending"), ("word", "ascending")]).combine_chunks()


def write_statistics(folder: str, counts: pa.Table, vocabulary: int = VOCABULARY) -> list[str]:
    """Writes the statistics of merged counts; returns the paths of the files below `folder`, sorted.

    Each language with two words or more gets a folder of its own with two files, a word and its value a line:

    - IDF_FILE: log(documents / documents that hold the word);
    - TFIDF_FILE: the probability that the word is drawn to replace another. It falls with the word's score, which is
      its IDF times its summed frequency: the distance from the highest score, as a share of the sum of all distances.

    Only the words that most documents hold are kept, `vocabulary` of them; of equals, the first by code points.
    """
    paths: list[str] = []
    kept = most_frequent(counts, vocabulary)
    for language in sorted(pc.unique(kept["language"]).to_pylist()):
        idf, probabilities = _statistics(_rows(kept, language))
        if len(idf) < 2:
            continue
        for name, values in ((IDF_FILE, idf), (TFIDF_FILE, probabilities)):
            lines = [f"{word} {value:.9g}\n" for word, value in values.items()]
            write_bytes(join(folder, language, name), "".join(lines).encode())
            paths.append(f"{language}/{name}")
    return paths


def _rows(counts: pa.Table, language: str) -> list[tuple[str, int, int]]:
    rows = counts.filter(pc.equal(counts["language"], language))
    return list(zip(*(rows[name].to_pylist() for name in ("word", "documents", "frequency")), strict=True))


def _statistics(rows: Sequence[tuple[str, int, int]]) -> tuple[dict[str, float], dict[str, float]]:
    total = sum(documents for word, documents, _ in rows if not word)
    words = sorted((row for row in rows if row[0]), key=lambda row: (-row[1], row[0]))
    idf = {word: math.log(total / documents) for word, documents, _ in words}
    scores = [idf[word] * frequency / FREQUENCY_UNIT for word, _, frequency in words]
    highest = max(scores, default=0.0)
    distances = [highest - score for score in scores]
    # Where all scores are equal, so are the probabilities; nlpaug's own formula would leave nothing to draw from.
    summed = math.fsum(distances)
    shares = [distance / summed for distance in distances] if summed else [1 / len(scores) for _ in scores]
    return idf, dict(zip(idf, shares, strict=True))


def tf_idf(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Replaces words that have a low TF-IDF in the text by words that have a low one in the corpus.

    Each word keeps its case. Words outside of the vocabulary stay, and so does a text in a language that the statistics
    do not have.

    Raises GristmillError if there are no statistics in `context.word_statistics`.
    """
    words = words_of_prose(text, context.language)
    augmenter = _augmenter(context.word_statistics, context.language)
    if augmenter is None or not words:
        return Change(text, 0, len(words))
    idf = augmenter.model.w2idf
    found = [text[start:stop].lower() for start, stop in words]
    known = [place for place, word in enumerate(found) if word in idf]
    count = min(round_at_random(step.rate * len(words), generator), len(known))
    weights = _weights([found[place] for place in known], idf)
    places = [known[number] for number in _draw(weights, count, generator)]
    replacements = augmenter.substitutes([found[place] for place in places], generator)
    cased = [in_case_of(text[slice(*words[place])], word) for place, word in zip(places, replacements, strict=True)]
    return replace(text, [words[place] for place in places], cased, len(words))


def _weights(words: Sequence[str], idf: Mapping[str, float]) -> list[float]:
    """How likely each word is to be replaced, relative to others: the distance of its TF-IDF from the highest."""
    frequency = Counter(words)
    scores = [frequency[word] * idf[word] for word in words]
    highest = max(scores, default=0.0)
    return [highest - score for score in scores]


def _draw(weights: Sequence[float], count: int, generator: random.Random) -> list[int]:
    """Some different places, ascending, drawn one after another by weight; those of no weight come last.

    Efraimidis and Spirakis 2006: the greatest of random numbers u^(1/weight), here by their logarithms.
    """
    numbers = [-math.log(1.0 - generator.random()) for _ in weights]
    keys = [number / weight if weight else math.inf for number, weight in zip(numbers, weights, strict=True)]
    order = sorted(range(len(weights)), key=lambda place: (keys[place], numbers[place]))
    return sorted(order[:count])


@functools.cache
def _augmenter(folder: str, language: str) -> Any:
    """nlpaug's augmenter with the statistics of a language; None if there are none of it."""
    if not folder or not exists(folder):
        raise GristmillError(f"tf_idf: there are no word statistics in {folder or 'the context'}; run `make corpus`")
    if not exists(join(folder, language, IDF_FILE)):
        return None
    # nlpaug reads files of this machine.
    with tempfile.TemporaryDirectory() as local:
        for name in (IDF_FILE, TFIDF_FILE):
            with open_file(join(folder, language, name)) as file:
                Path(local, name).write_bytes(file.read())
        return _tf_idf_class()(model_path=local, top_k=1, tokenizer=split_words, reverse_tokenizer=join_words)


@functools.cache
def _tf_idf_class() -> type:
    """nlpaug's augmenter, made to replace every word that it is given, by draws from the generator that it is given."""
    with hidden_modules():
        from nlpaug.augmenter.word.tfidf import TfIdfAug
        from nlpaug.model.word_stats.tfidf import TfIdf

    class Vocabulary(TfIdf):  # type: ignore[misc]
        def read(self, model_path: str) -> None:
            super().read(model_path)
            self.cumulative = list(itertools.accumulate(self.tfidf_scores))

        def predict(self, data: str, top_k: int) -> list[str]:  # noqa: ARG002
            for _ in range(MAXIMUM_DRAWS):
                drawn = self.generator.random() * self.cumulative[-1]
                word: str = self.tokens[min(bisect.bisect_right(self.cumulative, drawn), len(self.tokens) - 1)]
                if word != data:
                    return [word]
            return [data]

    class WordReplacement(TfIdfAug):  # type: ignore[misc]
        def get_model(self, force_reload: bool = False) -> Any:  # noqa: ARG002
            return Vocabulary(self.model_path)

        def _get_aug_idxes(self, tokens: Sequence[str]) -> range:
            return range(len(tokens))

        def substitutes(self, words: Sequence[str], generator: random.Random) -> list[str]:
            """Another word for each of these."""
            one = copy.copy(self)
            one.sample = generator.sample
            one.model = copy.copy(self.model)
            one.model.generator = generator
            return in_groups(one.substitute, words)

    return WordReplacement
