"""What nlpaug changes and how long it takes, text by text; run by a Python that has it, it imports nothing of ours.

    python nlpaug_variants.py TEXTS.jsonl NAMES [--nltk-data FOLDER]

A line of TEXTS is `{"text": …}`; NAMES are augmenters of Gristmill's recipe, joined by commas. Each gets nlpaug's
augmenter with its defaults. Printed is a JSON object with documents, edits (words that changed) and seconds of
processor time of each; an augmenter that cannot run here is left out. `synonym` and `antonym` need WordNet in the
folder `corpora/wordnet` of FOLDER and textblob, whose tagger stands in for the one that nltk downloads; `tf_idf` learns
from the texts first, which is not timed.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Runs all augmenters over all texts, twice: once timed, once counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("texts", type=Path)
    parser.add_argument("names")
    parser.add_argument("--nltk-data", default="")
    own = parser.parse_args()
    texts = [json.loads(line)["text"] for line in own.texts.read_text(encoding="utf-8").splitlines()]
    found = {}
    for name in own.names.split(","):
        try:
            augmenter = _augmenter(name, texts, own.nltk_data)
            augmenter.augment("Some words to begin with, and some more of them.")
        except (ImportError, LookupError) as error:
            print(f"{name}: {error!r}"[:200], file=sys.stderr)
            continue
        found[name] = _measured(augmenter, texts)
    print(json.dumps(found))


def _measured(augmenter: Any, texts: Sequence[str]) -> dict[str, float]:
    random.seed(1)
    np.random.seed(1)
    before = time.process_time()
    for text in texts:
        augmenter.augment(text)
    seconds = time.process_time() - before
    random.seed(1)
    np.random.seed(1)
    return {"documents": len(texts), "edits": _edits(augmenter, texts), "seconds": seconds}


def _edits(augmenter: Any, texts: Sequence[str]) -> int:
    """The tokens that changed, as nlpaug's own log of changes has them."""
    from nlpaug.util import Doc

    edits = 0
    tokens_of = Doc.get_augmented_tokens

    def counted(doc: Any) -> Any:
        nonlocal edits
        edits += sum(token.is_changed() for token in doc.tokens)
        return tokens_of(doc)

    Doc.get_augmented_tokens = counted
    try:
        for text in texts:
            augmenter.augment(text)
    finally:
        Doc.get_augmented_tokens = tokens_of
    return edits


def _augmenter(name: str, texts: Sequence[str], nltk_data: str) -> Any:
    import nlpaug.augmenter.char as characters
    import nlpaug.augmenter.word as words

    makers: dict[str, Callable[[], Any]] = {
        "keyboard": characters.KeyboardAug,
        "ocr": characters.OcrAug,
        "spelling": words.SpellingAug,
        "split": words.SplitAug,
        "word_swap": lambda: words.RandomWordAug(action="swap"),
        "word_delete": lambda: words.RandomWordAug(action="delete"),
        "word_crop": lambda: words.RandomWordAug(action="crop"),
        "synonym": lambda: _with_wordnet(words.SynonymAug, nltk_data),
        "antonym": lambda: _with_wordnet(words.AntonymAug, nltk_data),
        "tf_idf": lambda: _trained(words.TfIdfAug, texts),
    }
    if name.startswith("character_"):
        return characters.RandomCharAug(action=name.removeprefix("character_"))
    if name not in makers:
        raise LookupError("nlpaug has no such augmenter that runs without a model")
    return makers[name]()


def _with_wordnet(maker: Callable[[], Any], nltk_data: str) -> Any:
    import nltk
    from nlpaug.model.word_dict import WordNet
    from textblob.en import parser

    nltk.data.path.insert(0, nltk_data)
    WordNet.pos_tag = classmethod(lambda _, tokens: [(word, tag) for word, tag in parser.find_tags(list(tokens))])
    return maker()


def _trained(maker: Callable[..., Any], texts: Sequence[str]) -> Any:
    from nlpaug.model.word_stats import TfIdf

    model = TfIdf()
    model.train([text.split() for text in texts])
    folder = tempfile.mkdtemp()
    model.save(folder)
    return maker(model_path=folder)


if __name__ == "__main__":
    main()
