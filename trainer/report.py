"""What a person sees of a run: a live bar, a line at each evaluation, and a table at the end."""

import time
from collections.abc import Sequence
from typing import Any, Self

from stages.console import progress_bars, say, show_table
from trainer.evaluation import Evaluation
from trainer.training import Progress, StepResult


class Reporter:
    """Shows how a run goes on; speeds and times are those of this process, all pauses included."""

    def __init__(self, steps: int, start: Progress):
        self._steps, self._start = steps, start
        self._bars = progress_bars()
        self._bar = self._bars.add_task("training", total=steps, completed=start.step, rate="")
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, progress: Progress, result: StepResult) -> None:
        """Moves the bar."""
        rate = f"loss {result.loss:.3f}  {self._tokens_a_second(progress):,.0f} tokens/s"
        self._bars.update(self._bar, completed=progress.step, rate=rate)

    def evaluation(self, progress: Progress, result: StepResult, evaluation: Evaluation) -> None:
        """Prints a line."""
        left = self._seconds() / (progress.step - self._start.step) * (self._steps - progress.step)
        say(
            f"step {progress.step:,}/{self._steps:,}: loss {result.loss:.3f}, validation loss"
            f" {evaluation.validation_loss:.3f} (unigram entropy {evaluation.unigram_entropy:.3f}),"
            f" {evaluation.bits_per_byte:.3f} bits a byte, {self._tokens_a_second(progress):,.0f} tokens/s,"
            f" {_duration(left)} left"
        )

    def _tokens_a_second(self, progress: Progress) -> float:
        return (progress.tokens_seen - self._start.tokens_seen) / self._seconds()

    def _seconds(self) -> float:
        return max(time.monotonic() - self._began, 1e-9)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def show_results(results: dict[str, Any], samples: Sequence[dict[str, str]], paths: Sequence[str]) -> None:
    """Prints the results, the sampled texts and where everything is."""
    shown = [
        (name.replace("_", " "), round(value, 4) if isinstance(value, float) else value)
        for name, value in results.items()
    ]
    show_table("pretrain", ("measure", "value"), shown)
    for sample in samples:
        say(f"\nsampled text:\n{sample['text']}")
    say("\nwritten: " + "  ".join(paths))
