"""Judging records in a process of its own, so that a page which breaks a parser is one removal and no more."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from stages.document import Record, Refusal
from stages.isolation import CallLostError, IsolatedFunction, Task
from stages.recipe import Corpus, Section
from stages.verdict import Verdict

FIRST_RECORD = Record(
    "first", "html", f"<html><title>first</title><body><p>{'A few words of English. ' * 40}</p></body></html>", "", 0
)
BATCH_RECORDS = 64
BATCH_SIZE = 2_000_000
"""Characters or bytes; what is on its way is in memory four times."""
RULES = {"seconds": "extraction_seconds", "memory": "extraction_memory", "crash": "extraction_crashed"}


def judged(records: Iterable[Record], settings: Corpus) -> Iterator[tuple[Record, Verdict]]:
    """Yields each record with its verdict, in their order; judged in another process, unless the recipe says otherwise.

    A page that breaks the parsers is removed as `extraction_seconds`, `extraction_memory` or `extraction_crashed`.
    """
    judge_all = _judges_isolated(settings) if settings.isolation.enabled else _judges_here(settings)
    for batch in batches(records):
        verdicts = iter(judge_all([record for record in batch if record.refusal is None]))
        for record in batch:
            yield record, next(verdicts) if record.refusal is None else Verdict("read", record.refusal)


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Groups records, in their order, that go to the other process together."""
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.content)
        if len(batch) == BATCH_RECORDS or size > BATCH_SIZE:
            yield batch
            batch, size = [], 0
    yield batch


def _judges_isolated(settings: Corpus) -> Callable[[list[Record]], list[Verdict]]:
    isolated = isolated_function(settings)

    def verdict(result: Verdict | Exception) -> Verdict:
        if isinstance(result, CallLostError):
            return Verdict("extract", _refusal(result, settings))
        if isinstance(result, Exception):
            raise result
        return result

    return lambda records: [verdict(result) for result in isolated.each(records)] if records else []


def _judges_here(settings: Corpus) -> Callable[[list[Record]], list[Verdict]]:
    # Imported only here: the parsers and models belong to the other process, and take 200 MB.
    from stages.judging import judge

    return lambda records: [judge(record, settings) for record in records]


def isolated_extraction(settings: Corpus) -> IsolatedFunction:
    """A new process for extraction alone; the caller closes it."""
    return _isolated("stages.extraction", "extract", settings.extraction, settings, "extract")


@cache
def isolated_function(settings: Corpus) -> IsolatedFunction:
    """The one process for these settings; it is started at the first call, and ends with this process."""
    return _isolated("stages.judging", "judge", settings, settings, "load_and_judge")


def _isolated(module: str, function: str, passed: Section, settings: Corpus, first: str) -> IsolatedFunction:
    limits = settings.isolation
    memory = limits.memory_megabytes * 1_000_000
    return IsolatedFunction(Task(module, function, passed, FIRST_RECORD, limits.cpu_seconds, memory, first))


def _refusal(lost: CallLostError, settings: Corpus) -> Refusal:
    isolation = settings.isolation
    threshold = {"seconds": isolation.cpu_seconds, "memory": float(isolation.memory_megabytes)}.get(lost.cause)
    # What was used up is at least the bound; how much more there would have been is not known.
    return Refusal(RULES[lost.cause], threshold, threshold, lost.detail if lost.cause == "crash" else None)
