"""datatrove's tokenizer stage over documents in memory, with its defaults; run by a Python that has it.

    python datatrove_encoding.py DOCUMENTS.jsonl TOKENIZER.json OUTPUT

Prints the processor time (all threads and children) and the wall-clock time of the stage, without imports.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.tokens import DocumentTokenizer


def main(documents: str, tokenizer: str, output: str) -> None:
    """Runs the stage in this process and prints what it took."""
    shutil.rmtree(output, ignore_errors=True)
    with Path(documents).open() as lines:
        stored = [Document(text=json.loads(line)["text"], id=str(number)) for number, line in enumerate(lines)]

    def in_memory(data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:  # noqa: ARG001
        yield from stored

    stage = DocumentTokenizer(f"{output}/tokens", tokenizer_name_or_path=tokenizer, eos_token="</s>")
    executor = LocalPipelineExecutor([in_memory, stage], tasks=1, workers=1, logging_dir=f"{output}/logs")
    before, started = sum(os.times()[:4]), time.perf_counter()
    executor.run()
    wall = time.perf_counter() - started
    print(json.dumps({"cpu": sum(os.times()[:4]) - before, "wall": wall}))


if __name__ == "__main__":
    main(*sys.argv[1:])
