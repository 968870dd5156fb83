"""What screening gains and what it loses: every page judged with and without it, one language asked for at a time.

    python -m benchmarks.screening build/benchmarks/mixed.warc.gz [--languages en de ru ja]

Lost are documents that pass all stages without screening and do not with it; changed would be those whose text differs.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import machine
from stages.document import Record
from stages.judging import judge
from stages.recipe import Corpus, Reading, Source
from stages.sources import Span, read_records
from stages.verdict import Verdict


def main() -> None:
    """Judges all pages once for all languages, and once for each with screening; prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("warc", type=Path)
    parser.add_argument("--languages", nargs="+", default=["en", "de", "ru", "ja"])
    own = parser.parse_args()
    source = Source(name="web", format="warc", paths=(str(own.warc),))
    records = read_records(source, Span(str(own.warc), 0, own.warc.stat().st_size), Reading())
    pages = [record for record in records if record.refusal is None]
    judge(pages[0], _settings("en", enabled=True))  # loads the models
    everything, seconds = _judge(pages, _settings("", enabled=False))
    print(f"{machine()}; {own.warc.name}, {len(pages):,} pages, {seconds:.1f} CPU s without screening")
    print("| language | documents | CPU s | times faster | refused early | lost | changed |")
    print("|---|---|---|---|---|---|---|")
    for language in own.languages:
        print(_row(language, pages, everything, seconds))


def _row(language: str, pages: Sequence[Record], everything: Sequence[Verdict], seconds: float) -> str:
    settings = _settings(language, enabled=True)
    screened, screened_seconds = _judge(pages, settings)
    kept = [index for index, verdict in enumerate(everything) if _survives(verdict, settings)]
    lost = [index for index in kept if screened[index].refusal is not None]
    changed = [index for index in kept if index not in lost and screened[index].text != everything[index].text]
    early = sum(verdict.stage == "screen" for verdict in screened)
    share = len(lost) / max(len(kept), 1)
    cells = (language, len(kept), f"{screened_seconds:.1f}", f"{seconds / screened_seconds:.2f}", early)
    return "| " + " | ".join(map(str, (*cells, f"{len(lost)} ({share:.2%})", len(changed)))) + " |"


def _settings(language: str, *, enabled: bool) -> Corpus:
    keep = (language,) if language else ()
    source = {"name": "web", "format": "warc", "paths": ("x",)}
    return Corpus.model_validate({"sources": (source,), "language": {"keep": keep}, "screening": {"enabled": enabled}})


def _survives(verdict: Verdict, settings: Corpus) -> bool:
    language = verdict.language.language if verdict.language else ""
    return verdict.refusal is None and language in settings.language.keep


def _judge(pages: Sequence[Record], settings: Corpus) -> tuple[list[Verdict], float]:
    before = time.process_time()
    return [judge(page, settings) for page in pages], time.process_time() - before


if __name__ == "__main__":
    main()
