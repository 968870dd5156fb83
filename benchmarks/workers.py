"""One WARC file by one worker and by two: wall-clock time of the extract phase, and the memory of a worker.

    python -m benchmarks.workers build/benchmarks/mixed.warc.gz [--unit-megabytes 2] [--workers 1 2] [--set KEY=VALUE]

A worker is a process of Beam together with the process that it keeps for the parsers.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import machine, run

RECIPE = """
name = "benchmark"
output = "{output}"
[corpus]
unit_megabytes = {unit}
[[corpus.sources]]
name = "web"
format = "warc"
paths = ["{warc}"]
[corpus.language]
keep = ["{language}"]
[corpus.limits]
minimum_kept_share = 0.0
"""
EXTRACT = re.compile(r"corpus: extract: \d+ units, [\d.]+ MB, ([\d.]+) s")


def main() -> None:
    """Runs the corpus job with each number of workers and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("warc", type=Path)
    parser.add_argument("--unit-megabytes", type=float, default=2.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--language", default="en")
    parser.add_argument("--rounds", type=int, default=1, help="the least wall-clock time of so many counts")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    own = parser.parse_args()
    print(f"{machine()}; {own.warc.name}, {own.warc.stat().st_size / 1e6:.0f} MB, units of {own.unit_megabytes} MB")
    seconds: dict[int, list[float]] = {workers: [] for workers in own.workers}
    memory: dict[int, list[float]] = {workers: [] for workers in own.workers}
    for _ in range(own.rounds):
        for workers in own.workers:
            found, peak = _run(own, workers)
            seconds[workers].append(found)
            memory[workers].append(peak)
    print("| workers | extract, wall s | times one worker | peak MB a worker |")
    print("|---|---|---|---|")
    first = min(seconds[own.workers[0]])
    for workers in own.workers:
        least = min(seconds[workers])
        print(f"| {workers} | {least:.1f} | {first / least:.2f} | {max(memory[workers]):.0f} |")


def _run(own: argparse.Namespace, workers: int) -> tuple[float, float]:
    """The seconds of the extract phase, and the peak memory of a worker."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder, "recipe.toml")
        values = {"output": f"{folder}/out", "unit": own.unit_megabytes, "warc": own.warc, "language": own.language}
        recipe.write_text(RECIPE.format(**values))
        command = [sys.executable, "-m", "beam_jobs.corpus", "--recipe", str(recipe), "--workers", str(workers)]
        for setting in own.set:
            command += ["--set", setting]
        cost = run(command, "beam_jobs.worker" if workers > 1 else "beam_jobs.corpus")
    found = EXTRACT.search(cost.output)
    if found is None:
        raise SystemExit(f"no line about the extract phase in:\n{cost.output}")
    return float(found[1]), cost.worker_megabytes


if __name__ == "__main__":
    main()
