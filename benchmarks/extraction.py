"""From a WARC file to documents: Gristmill, a bare loop over trafilatura, and datatrove, in one run on one core each.

    python -m benchmarks.extraction build/benchmarks/mixed.warc.gz --peer build/benchmarks/peers/bin/python

Prints a table of the least processor time of several interleaved rounds, all processes included. The peer is a Python
that has datatrove (`benchmarks/requirements-peers.txt`); without it, its row is left out.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import Cost, machine, run

ROWS = {
    "bare loop (fastwarc, trafilatura fast)": "bare",
    "Gristmill, read and extract": "extract",
    "Gristmill, read to documents, no screening": "all",
    "Gristmill, read to documents": "cascade",
}
PEER = "datatrove, WarcReader and Trafilatura as FineWeb runs them"


def main() -> None:
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("warc", type=Path)
    parser.add_argument("--peer", default="", help="a Python with datatrove")
    parser.add_argument("--language", default="en")
    parser.add_argument("--rounds", type=int, default=2)
    own = parser.parse_args()
    print(
        f"{machine()}; {own.warc.name}, {own.warc.stat().st_size / 1e6:.1f} MB; one language asked for: {own.language}"
    )
    best: dict[str, tuple[Cost, dict[str, int]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(own.rounds):
            for name, command in _commands(own, Path(folder)).items():
                cost = run(command)
                if name not in best or cost.cpu < best[name][0].cpu:
                    best[name] = cost, _counts(cost.output)
    reference = best[next(iter(ROWS))][0].cpu
    print("| variant | pages | documents | CPU s | wall s | pages a CPU second | times the bare loop |")
    print("|---|---|---|---|---|---|---|")
    for name, (cost, counts) in best.items():
        rate = counts["pages"] / cost.cpu
        cells = (counts["pages"], counts["documents"], f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{rate:.0f}")
        print("| " + " | ".join(map(str, (name, *cells, f"{reference / cost.cpu:.2f}"))) + " |")


def _commands(own: argparse.Namespace, folder: Path) -> dict[str, Sequence[str]]:
    module = [sys.executable, "-m", "benchmarks.extraction_variants"]
    output = str(folder / "documents.jsonl")
    found: dict[str, Sequence[str]] = {
        name: [*module, variant, str(own.warc), output, own.language] for name, variant in ROWS.items()
    }
    if own.peer:
        script = Path(__file__).parent / "datatrove_extraction.py"
        found[PEER] = [own.peer, str(script), str(own.warc), str(folder / "datatrove")]
    return found


def _counts(output: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads(output.strip().splitlines()[-1])
    return counts


if __name__ == "__main__":
    main()
