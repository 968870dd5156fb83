"""What datatrove's filters say of texts, rule by rule; run by a Python that has datatrove, it imports nothing of ours.

    python datatrove_verdicts.py TEXTS.jsonl VERDICTS.jsonl [--only-chain]

A line of TEXTS is `{"text": …}`. A line of VERDICTS has what the chain of FineWeb's example says (`chain`: null, or the
reason of the filter that drops the text), each filter by itself on the text as given (`filters`), the hash of the text
that the C4 filter leaves (`c4_text`), the rules that drop the text when nothing else is switched on (`refused`, by the
names of Gristmill's recipe), and the values that datatrove's own functions give (`values`). With `--only-chain` only
`chain`. The processor time that all texts took is printed.
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters import gopher_repetition_filter as repetition
from datatrove.utils.text import split_into_words

REPETITION_OFF = {
    **dict.fromkeys(("dup_line_frac", "dup_para_frac", "dup_line_char_frac", "dup_para_char_frac")),
    "top_n_grams": (),
    "dup_n_grams": (),
}
QUALITY_OFF = dict.fromkeys(
    (
        *("min_doc_words", "max_doc_words", "min_avg_word_length", "max_avg_word_length", "max_symbol_word_ratio"),
        *("max_bullet_lines_ratio", "max_ellipsis_lines_ratio", "max_non_alpha_words_ratio", "min_stop_words"),
    )
)
C4_OFF = {
    "filter_no_terminal_punct": False,
    "filter_lorem_ipsum": False,
    "filter_curly_bracket": False,
    "min_num_sentences": -1,
}
INFINITE = float("inf")
FINEWEB_OFF = {
    "line_punct_thr": 0,
    "short_line_thr": INFINITE,
    "char_duplicates_ratio": INFINITE,
    "new_line_ratio": INFINITE,
}
TOP = {2: 0.20, 3: 0.18, 4: 0.16}
DUPLICATE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def chain() -> dict[str, Any]:
    """The filters in the order of datatrove's examples/fineweb.py."""
    return {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher_quality": GopherQualityFilter(),
        "c4": C4QualityFilter(filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter(),
    }


def single_rules() -> dict[str, Any]:
    """A filter for each rule, everything else of it switched off."""

    def repeated(**on: Any) -> Any:
        return GopherRepetitionFilter(**{**REPETITION_OFF, **on})

    def gopher(**on: Any) -> Any:
        return GopherQualityFilter(**{**QUALITY_OFF, **on})

    def c4(**on: Any) -> Any:
        return C4QualityFilter(**{**C4_OFF, **on})

    def fineweb(**on: Any) -> Any:
        return FineWebQualityFilter(**{**FINEWEB_OFF, **on})

    return {
        "maximum_duplicate_paragraphs": repeated(dup_para_frac=0.3),
        "maximum_duplicate_paragraph_characters": repeated(dup_para_char_frac=0.2),
        "maximum_duplicate_lines": repeated(dup_line_frac=0.3),
        "maximum_duplicate_line_characters": repeated(dup_line_char_frac=0.2),
        **{f"maximum_top_{n}_gram_characters": repeated(top_n_grams=((n, most),)) for n, most in TOP.items()},
        **{
            f"maximum_duplicate_{n}_gram_characters": repeated(dup_n_grams=((n, most),))
            for n, most in DUPLICATE.items()
        },
        "minimum_words": gopher(min_doc_words=50),
        "maximum_words": gopher(max_doc_words=100_000),
        "minimum_mean_word_length": gopher(min_avg_word_length=3),
        "maximum_mean_word_length": gopher(max_avg_word_length=10),
        "maximum_hash_word_ratio": (gopher(max_symbol_word_ratio=0.1), "gopher_too_many_hashes"),
        "maximum_ellipsis_word_ratio": (gopher(max_symbol_word_ratio=0.1), "gopher_too_many_ellipsis"),
        "maximum_bullet_lines": gopher(max_bullet_lines_ratio=0.9),
        "maximum_ellipsis_lines": gopher(max_ellipsis_lines_ratio=0.3),
        "minimum_alphabetic_words": gopher(max_non_alpha_words_ratio=0.8),
        "minimum_stop_words": gopher(min_stop_words=2),
        "maximum_lorem_ipsum": c4(filter_lorem_ipsum=True),
        "maximum_curly_brackets": c4(filter_curly_bracket=True),
        "minimum_sentences": c4(min_num_sentences=5),
        "minimum_terminal_lines": fineweb(line_punct_thr=0.12),
        "maximum_short_lines": fineweb(short_line_thr=0.67),
        "maximum_duplicate_character_ratio": fineweb(char_duplicates_ratio=0.01),
        "maximum_newline_word_ratio": fineweb(new_line_ratio=0.3),
    }


def verdict(one: Any, text: str) -> tuple[str | None, str]:
    """Why a filter drops a text (null: it does not), and the text that it leaves."""
    document = Document(text=text, id="")
    try:
        result = one.filter(document)
    except (ZeroDivisionError, ValueError) as error:
        return f"exception {type(error).__name__}", text
    kept, reason = result if isinstance(result, tuple) else (result, "dropped")
    return None if kept else reason, document.text


def refuses(one: Any, text: str) -> bool:
    """Whether a single rule drops a text; one that tests two things tells them apart by the reason."""
    one, wanted = one if isinstance(one, tuple) else (one, None)
    reason, _ = verdict(one, text)
    return reason is not None and wanted in (None, reason)


def through(filters: dict[str, Any], text: str) -> str | None:
    """The reason of the first filter that drops a text, each filter seeing what the one before it left."""
    for one in filters.values():
        reason, text = verdict(one, text)
        if reason is not None:
            return reason
    return None


def values(text: str) -> dict[str, float]:
    """What datatrove's helpers count in a text, as shares of its characters."""
    words, length = split_into_words(text), max(len(text), 1)
    found: dict[str, float] = {"words": len(words)}
    for n in TOP:
        grams = repetition.get_n_grams(words, n)
        found[f"top_{n}_gram_characters"] = repetition.find_top_duplicate(grams) / length if grams else 0.0
    for n in DUPLICATE:
        found[f"duplicate_{n}_gram_characters"] = repetition.find_all_duplicate(words, n) / length
    return found


def judged(filters: dict[str, Any], rules: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """Everything that is told of a text."""

    def judge(text: str) -> dict[str, Any]:
        alone = {name: verdict(one, text) for name, one in filters.items()}
        return {
            "chain": through(filters, text),
            "filters": {name: reason for name, (reason, _) in alone.items()},
            "c4_text": hashlib.sha256(alone["c4"][1].encode("utf-8", "surrogatepass")).hexdigest(),
            "refused": [rule for rule, one in rules.items() if refuses(one, text)],
            "values": values(text),
        }

    return judge


def main() -> None:
    """Judges all texts of a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("texts", type=Path)
    parser.add_argument("verdicts", type=Path)
    parser.add_argument("--only-chain", action="store_true")
    own = parser.parse_args()
    filters = chain()
    through(filters, "Some words to load what is loaded lazily. " * 30)
    judge = judged(filters, single_rules())
    texts = [json.loads(line)["text"] for line in own.texts.read_text().splitlines()]
    before = time.process_time()
    found = [{"chain": through(filters, text)} if own.only_chain else judge(text) for text in texts]
    seconds = time.process_time() - before
    own.verdicts.write_text("".join(json.dumps(one) + "\n" for one in found))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
