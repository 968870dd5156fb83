"""Judging records in a process of its own, so that a page which breaks a parser is one removal and no more."""

from collections.abc import Callable
from functools import cache

from stages.document import Record, Refusal
from stages.isolation import CallLostError, IsolatedFunction, Task
from stages.recipe import Corpus
from stages.verdict import Verdict

FIRST_RECORD = Record(
    "first", "html", f"<html><title>first</title><body><p>{'A few words of English. ' * 40}</p></body></html>", "", 0
)
RULES = {"seconds": "extraction_seconds", "memory": "extraction_memory", "crash": "extraction_crashed"}


def judge_of(settings: Corpus) -> Callable[[Record], Verdict]:
    """The function that judges records by these settings: in another process, unless the recipe says otherwise."""
    if not settings.isolation.enabled:
        return _judge_here(settings)
    isolated = isolated_function(settings)

    def judge_isolated(record: Record) -> Verdict:
        if record.refusal is not None:
            return Verdict("read", record.refusal)
        try:
            verdict: Verdict = isolated(record)
        except CallLostError as lost:
            return Verdict("extract", _refusal(lost, settings))
        return verdict

    return judge_isolated


@cache
def isolated_function(settings: Corpus) -> IsolatedFunction:
    """The one process for these settings; it is started at the first call, and ends with this process."""
    isolation = settings.isolation
    task = Task(
        "stages.judging", "judge", settings, FIRST_RECORD, isolation.cpu_seconds, isolation.memory_megabytes * 1_000_000
    )
    return IsolatedFunction(task)


def _judge_here(settings: Corpus) -> Callable[[Record], Verdict]:
    # Imported only here: the parsers and models belong to the other process, and take 200 MB.
    from stages.judging import judge

    return lambda record: judge(record, settings)


def _refusal(lost: CallLostError, settings: Corpus) -> Refusal:
    isolation = settings.isolation
    threshold = {"seconds": isolation.cpu_seconds, "memory": float(isolation.memory_megabytes)}.get(lost.cause)
    return Refusal(RULES[lost.cause], threshold=threshold, detail=lost.detail if lost.cause == "crash" else None)
