"""What is shown of a run: speeds, the time left, the use of the card, and the results by origin."""

from collections.abc import Iterator

import pytest

from trainer import report
from trainer.evaluation import Evaluation
from trainer.report import Reporter, duration, show_results
from trainer.training import Progress, StepResult

EVALUATION = Evaluation(2.0, 3.0, 7.4, 1.5)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(report, "time", clock)
    return clock


def line_after_four_steps(clock: Clock, capsys: pytest.CaptureFixture[str], peak_tokens: float | None) -> str:
    reporter = Reporter(20, Progress(step=6, tokens_seen=600), peak_tokens)

    def slow() -> Iterator[str]:
        for _ in range(4):
            clock.now += 1.0  # of 4 seconds a step, one is spent waiting
            yield "batch"

    for _ in reporter.timed(slow()):  # type: ignore[arg-type, var-annotated]
        clock.now += 3.0
    result = StepResult(loss=2.5, gradient_norm=1.0, learning_rate=0.1)
    reporter.evaluation(Progress(step=10, tokens_seen=1000), result, EVALUATION)
    return capsys.readouterr().out


def test_a_line_tells_speed_time_left_and_waiting(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    line = line_after_four_steps(clock, capsys, None)
    assert line == (
        "step 10/20: loss 2.500, validation loss 2.000 (unigram entropy 3.000), 1.500 bits a byte,"
        " 25 tokens/s, 25.0% waiting for data, 0:00:40 left\n"
    )


def test_the_use_of_a_known_card_is_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    assert "25 tokens/s, MFU 50.0%, 25.0% waiting" in line_after_four_steps(clock, capsys, 50.0)


def test_durations() -> None:
    assert [duration(one) for one in (0.4, 59.6, 3599, 90_000)] == ["0:00:00", "0:01:00", "0:59:59", "25:00:00"]


def test_results_are_shown_by_origin_with_the_hardest_documents(capsys: pytest.CaptureFixture[str]) -> None:
    measures = {"tokens": 1200, "loss": 2.5, "perplexity": 12.1825, "bits_per_byte": None}
    results = {"validation_loss": 2.0, "sources": {"web": measures}, "languages": {"de": measures}}
    hardest = [{"id": "77", "loss": 9.87654, "tokens": 20, "row": 3, "url": "https://example.org/hard"}]
    show_results(results, [{"prompt": "a", "text": "a text"}], hardest, ["there"])
    lines = capsys.readouterr().out.splitlines()
    shown = [line.split() for line in lines]
    assert ["web", "1,200", "2.5", "12.1825", "-"] in shown
    assert ["de", "1,200", "2.5", "12.1825", "-"] in shown
    assert ["9.8765", "3", "77", "https://example.org/hard"] in shown
    assert "a text" in lines
