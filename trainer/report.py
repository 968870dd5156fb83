"""What a person sees of a run: a live bar, a line at each evaluation, and tables at the end."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from stages.console import progress_bars, say, show_table
from trainer.evaluation import Evaluation
from trainer.loader import Batch
from trainer.training import Progress, StepResult

HARDEST_SHOWN = 5


class Reporter:
    """Shows how a run goes on; speeds and times are those of this process, all pauses included."""

    def __init__(self, steps: int, start: Progress, peak_tokens: float | None = None):
        """`peak_tokens` is how many tokens a second the device could train on if it did nothing but their products."""
        self._steps, self._start, self._peak_tokens = steps, start, peak_tokens
        self._bars = progress_bars()
        self._bar = self._bars.add_task("training", total=steps, completed=start.step, rate="")
        self._began = time.monotonic()
        self._waited = 0.0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def timed(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yields the batches, and notes how long each is waited for."""
        while True:
            began = time.monotonic()
            batch = next(batches, None)
            self._waited += time.monotonic() - began
            if batch is None:
                return
            yield batch

    def step(self, progress: Progress, result: StepResult) -> None:
        """Moves the bar."""
        self._bars.update(self._bar, completed=progress.step, rate=f"loss {result.loss:.3f}  {self._speed(progress)}")

    def evaluation(self, progress: Progress, result: StepResult, evaluation: Evaluation) -> None:
        """Prints a line."""
        left = self._seconds() / (progress.step - self._start.step) * (self._steps - progress.step)
        say(
            f"step {progress.step:,}/{self._steps:,}: loss {result.loss:.3f}, validation loss"
            f" {evaluation.validation_loss:.3f} (unigram entropy {evaluation.unigram_entropy:.3f}),"
            f" {evaluation.bits_per_byte:.3f} bits a byte, {self._speed(progress)}, {duration(left)} left"
        )

    def _speed(self, progress: Progress) -> str:
        seconds = self._seconds()
        rate = (progress.tokens_seen - self._start.tokens_seen) / seconds
        use = "" if self._peak_tokens is None else f", MFU {rate / self._peak_tokens:.1%}"
        return f"{rate:,.0f} tokens/s{use}, {self._waited / seconds:.1%} waiting for data"

    def _seconds(self) -> float:
        return max(time.monotonic() - self._began, 1e-9)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def show_results(
    results: Mapping[str, Any],
    samples: Sequence[Mapping[str, str]],
    hardest: Sequence[Mapping[str, Any]],
    paths: Sequence[str],
) -> None:
    """Prints the results in all and by origin, the hardest documents, the sampled texts and where everything is."""
    shown = [(name.replace("_", " "), _rounded(one)) for name, one in results.items() if not isinstance(one, Mapping)]
    show_table("pretrain", ("measure", "value"), shown)
    for kind in ("sources", "languages"):
        if groups := results.get(kind):
            rows = [(name, *map(_rounded, measures.values())) for name, measures in groups.items()]
            header = (kind[:-1], "tokens", "loss", "perplexity", "bits/byte")
            show_table(f"\nvalidation by {kind[:-1]}", header, rows)
    if hardest:
        rows = [(_rounded(one["loss"]), one["row"], one["id"], one.get("url") or "") for one in hardest]
        show_table(
            "\nvalidation documents with the highest loss", ("loss", "row", "id", "address"), rows[:HARDEST_SHOWN]
        )
    for sample in samples:
        say(f"\nsampled text:\n{sample['text']}")
    say("\nwritten: " + "  ".join(paths))


def _rounded(value: Any) -> Any:
    if value is None:
        return "-"
    return round(value, 4) if isinstance(value, float) else value
