"""datatrove from a WARC file to JSON lines, with the settings of its FineWeb example; run by a Python that has it.

    python datatrove_extraction.py WARC OUTPUT

Its sandbox is given trafilatura imported, as otherwise the import counts against the first page.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.readers import WarcReader
from datatrove.pipeline.writers.jsonl import JsonlWriter


def imported(data: Iterable[object], rank: int = 0, world_size: int = 1) -> Iterator[object]:  # noqa: ARG001
    """Passes everything on, with trafilatura ready; datatrove calls every step with these arguments."""
    import trafilatura

    trafilatura.extract("<html><body><p>Some words to load what is loaded lazily.</p></body></html>")
    yield from data


def main(warc: str, output: str) -> None:
    """Runs the pipeline in this process and prints its counts."""
    shutil.rmtree(output, ignore_errors=True)
    path = Path(warc).resolve()
    steps = [
        WarcReader(str(path.parent), glob_pattern=path.name),
        imported,
        Trafilatura(favour_precision=True, timeout=1.0, deduplicate=True),
        JsonlWriter(f"{output}/text", compression=None),
    ]
    LocalPipelineExecutor(steps, tasks=1, workers=1, logging_dir=f"{output}/logs").run()
    stats = json.loads(Path(output, "logs", "stats.json").read_text())
    counts = {step["name"]: step["stats"] for step in stats}
    read = next(value for name, value in counts.items() if "Warc" in name)
    made = next(value for name, value in counts.items() if "Jsonl" in name)
    print(json.dumps({"pages": _total(read["documents"]), "documents": _total(made.get("total", 0))}))


def _total(value: object) -> int:
    return int(value["total"]) if isinstance(value, dict) else int(value)  # type: ignore[call-overload]


if __name__ == "__main__":
    main(*sys.argv[1:])
