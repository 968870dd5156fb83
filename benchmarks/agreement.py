"""Whether the quality rules say what datatrove's filters say: rule by rule, on real texts, in reference mode.

    python -m benchmarks.agreement build/sample/corpus --peer PYTHON [--warc FILES…] [--texts 1000]

Texts are drawn with a fixed seed from a corpus's documents and removals, and from all pages of WARC files, so that
texts that were refused are there too; and those of packages (`benchmarks.quality_texts`). Each rule is compared by
itself on the text as given, then the chain of FineWeb with all filters. For a rule whose value datatrove's own
functions give, values are compared too. Texts on which the two differ are named.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality_texts import chosen, corpus_texts, extracted_texts, package_texts, sha256
from stages.document import Refusal
from stages.quality.bounds import bounds
from stages.quality.checking import MEASURE, check_quality
from stages.quality.prepared import Prepared
from stages.recipe import Quality

REFERENCE = Quality(reference="datatrove")
SHOWN = 20

RULE_OF_REASON = {
    "dup_para_frac": "maximum_duplicate_paragraphs",
    "dup_para_char_frac": "maximum_duplicate_paragraph_characters",
    "dup_line_frac": "maximum_duplicate_lines",
    "dup_line_char_frac": "maximum_duplicate_line_characters",
    **{f"top_{n}_gram": f"maximum_top_{n}_gram_characters" for n in (2, 3, 4)},
    **{f"duplicated_{n}_n_grams": f"maximum_duplicate_{n}_gram_characters" for n in range(5, 11)},
    "gopher_short_doc": "minimum_words",
    "gopher_long_doc": "maximum_words",
    "gopher_below_avg_threshold": "minimum_mean_word_length",
    "gopher_above_avg_threshold": "maximum_mean_word_length",
    "gopher_too_many_hashes": "maximum_hash_word_ratio",
    "gopher_too_many_ellipsis": "maximum_ellipsis_word_ratio",
    "gopher_too_many_bullets": "maximum_bullet_lines",
    "gopher_too_many_end_ellipsis": "maximum_ellipsis_lines",
    "gopher_below_alpha_threshold": "minimum_alphabetic_words",
    "gopher_enough_stop_words": "minimum_stop_words",
    "lorem_ipsum": "maximum_lorem_ipsum",
    "curly_bracket": "maximum_curly_brackets",
    "too_few_sentences": "minimum_sentences",
    "line_punct_ratio": "minimum_terminal_lines",
    "short_line_ratio": "maximum_short_lines",
    "char_dup_ratio": "maximum_duplicate_character_ratio",
    "list_ratio": "maximum_newline_word_ratio",
}
"""datatrove's reasons and the rules of the recipe; those that are one there and two here share a reason."""


def our_verdict(text: str) -> dict[str, Any]:
    """What `datatrove_verdicts.py` tells of a text, told by Gristmill in reference mode; English, as there."""
    values: dict[str, float] = {}
    c4_text = text
    for name, group in REFERENCE.groups():
        measured = MEASURE[name](Prepared(text, "en", "datatrove"), group)
        values.update(measured.values)
        if name == "c4" and measured.text is not None:
            c4_text = measured.text
    refused = [bound for bound in bounds(REFERENCE) if not bound.lowest <= values[bound.measure] <= bound.highest]
    chain = check_quality(text, "en", REFERENCE).refusal
    dropped = any(bound.group == "c4" for bound in refused)  # datatrove leaves such a text as it was
    return {
        "chain": chain.rule if isinstance(chain, Refusal) else None,
        "refused": [bound.rule for bound in refused],
        "c4_text": sha256(text if dropped else c4_text),
        "values": values,
    }


def peer_verdicts(peer: str, texts: Sequence[str], *options: str) -> tuple[list[dict[str, Any]], float]:
    """What datatrove says of texts, and the seconds of processor time that it took."""
    script = Path(__file__).with_name("datatrove_verdicts.py")
    with tempfile.TemporaryDirectory() as folder:
        given, told = Path(folder, "texts.jsonl"), Path(folder, "verdicts.jsonl")
        given.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        command = [peer, str(script), str(given), str(told), *options]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        verdicts = [json.loads(line) for line in told.read_text().splitlines()]
    return verdicts, float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def main() -> None:
    """Compares and prints the table and the texts on which verdicts differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peer", required=True, help="a Python that has datatrove")
    parser.add_argument("--warc", type=Path, nargs="*", default=[])
    parser.add_argument("--texts", type=int, default=1_000, help="how many of the corpus, and of the WARC files")
    own = parser.parse_args()
    pairs = [
        *chosen(corpus_texts(own.corpus), own.texts),
        *chosen(extracted_texts(own.warc), own.texts),
        *chosen(package_texts(), own.texts),
    ]
    texts = dict(pairs)
    theirs, _ = peer_verdicts(own.peer, list(texts.values()))
    ours = [our_verdict(text) for text in texts.values()]
    print("| rule | refused by both | only ours | only datatrove's | equal verdicts | equal values |")
    print("|---|---|---|---|---|---|")
    differing: dict[str, list[str]] = {}
    for bound in bounds(REFERENCE):
        if bound.rule in RULE_OF_REASON.values():
            print(_rule_row(bound.rule, bound.measure, list(texts), ours, theirs, differing))
    print(_chain_row(list(texts), ours, theirs, differing))
    print(f"\n{len(texts)} texts; {len(differing)} with a difference:")
    for name, what in sorted(differing.items())[:SHOWN]:
        print(f"  {name}: {', '.join(what)}")


def _rule_row(
    rule: str,
    measure: str,
    names: Sequence[str],
    ours: Sequence[Mapping[str, Any]],
    theirs: Sequence[Mapping[str, Any]],
    differing: dict[str, list[str]],
) -> str:
    pairs = [(rule in our["refused"], rule in their["refused"]) for our, their in zip(ours, theirs, strict=True)]
    known = [(our["values"][measure], their["values"].get(measure)) for our, their in zip(ours, theirs, strict=True)]
    close = [abs(our - their) < 1e-9 for our, their in known if their is not None and measure != "words"]
    for name, (our, their) in zip(names, pairs, strict=True):
        if our != their:
            differing.setdefault(name, []).append(f"{rule} ({'ours' if our else 'theirs'})")
    equal = sum(our == their for our, their in pairs) / len(pairs)
    counts = pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))
    values = f"{sum(close) / len(close):.2%}" if close else ""
    return f"| {rule} | {' | '.join(map(str, counts))} | {equal:.2%} | {values} |"


def _chain_row(
    names: Sequence[str],
    ours: Sequence[Mapping[str, Any]],
    theirs: Sequence[Mapping[str, Any]],
    differing: dict[str, list[str]],
) -> str:
    pairs = [(our["chain"], their["chain"]) for our, their in zip(ours, theirs, strict=True)]
    kept = [(our is None, their is None) for our, their in pairs]
    for name, (our, their) in zip(names, pairs, strict=True):
        if our != (RULE_OF_REASON.get(their, their) if their else None):
            differing.setdefault(name, []).append(f"chain: {our} / {their}")
    texts = [our["c4_text"] == their["c4_text"] for our, their in zip(ours, theirs, strict=True)]
    equal = sum(our == their for our, their in kept) / len(kept)
    counts = kept.count((False, False)), kept.count((False, True)), kept.count((True, False))
    return (
        f"| the whole chain | {' | '.join(map(str, counts))} | {equal:.2%} | |\n"
        f"\nC4's text is equal in {sum(texts) / len(texts):.2%}"
    )


if __name__ == "__main__":
    main()
