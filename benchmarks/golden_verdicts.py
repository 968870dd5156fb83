"""Writes the golden verdicts that the tests of the quality rules are held against: datatrove's, without its texts.

    python -m benchmarks.golden_verdicts --peer PYTHON [--corpus build/sample/corpus]

The texts lie in packages, and with `--corpus` in a corpus; a golden file has their names and hashes. To be run again
when datatrove or the packages change; what changes then is what the tests would find.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.agreement import RULE_OF_REASON, peer_verdicts
from benchmarks.quality_texts import chosen, corpus_texts, package_texts, sha256
from stages import artifacts

FOLDER = Path("tests/stages/quality/golden")
TEXTS = 600
HASH_DIGITS = 16


def main() -> None:
    """Writes `packages.json`, and `sample.json` where there is a corpus."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", required=True, help="a Python that has datatrove")
    parser.add_argument("--corpus", type=Path)
    own = parser.parse_args()
    _write("packages", chosen(package_texts(), TEXTS), own.peer)
    if own.corpus is not None:
        _write("sample", chosen(corpus_texts(own.corpus), TEXTS), own.peer)


def _write(name: str, pairs: Sequence[tuple[str, str]], peer: str) -> None:
    verdicts, _ = peer_verdicts(peer, [text for _, text in pairs])
    rules = list(dict.fromkeys(RULE_OF_REASON.values()))
    rows = [_row(key, text, verdict, rules) for (key, text), verdict in zip(pairs, verdicts, strict=True)]
    artifacts.write_json(str(FOLDER / f"{name}.json"), {"rules": rules, "texts": rows})


def _row(key: str, text: str, verdict: Mapping[str, Any], rules: Sequence[str]) -> str:
    """Name, hash, the chain's rule, the numbers of all rules that refuse the text, the hash of C4's text."""
    chain = RULE_OF_REASON.get(verdict["chain"], verdict["chain"] or "")
    refused = " ".join(str(rules.index(rule)) for rule in verdict["refused"])
    return "\t".join((key, sha256(text)[:HASH_DIGITS], chain, refused, verdict["c4_text"][:HASH_DIGITS]))


if __name__ == "__main__":
    main()
