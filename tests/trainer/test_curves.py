"""The picture and the page of a run: whole, the same each time, and safe to open."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainer import curves
from trainer.curves import drawn, page, write_curves

RESULTS = {
    "parameters": 1234,
    "validation_loss": 2.5,
    "sources": {"<web>": {"tokens": 10, "loss": 2.5, "perplexity": 12.2, "bits_per_byte": None}},
    "languages": {},
}
SAMPLES = [{"prompt": "a", "text": "a <script> & b"}]
HARDEST = [{"id": str(1 << 63), "loss": 9.25, "tokens": 20, "row": 3, "url": "https://example.org/?a&b"}]


def records(steps: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        found.append({"step": step, "loss": 5.0 / step, "gradient_norm": 1.0, "learning_rate": 0.1})
        if step % 5 == 0:
            found.append({"step": step, "validation_loss": 6.0 / step, "unigram_entropy": 3.0})
    return found


def lines(monkeypatch: pytest.MonkeyPatch, found: list[dict[str, Any]]) -> dict[str, Any]:
    """What is drawn of the losses, by label."""
    drawn_lines: dict[str, Any] = {}
    usual = curves._mark_validation

    def noted(axes: Any, given: Any) -> None:
        usual(axes, given)
        drawn_lines.update({line.get_label(): np.array(line.get_xydata()) for line in axes.lines})

    monkeypatch.setattr(curves, "_mark_validation", noted)
    drawn(found, "run")
    return drawn_lines


def test_every_loss_is_in_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(monkeypatch, records(12))
    assert found["training"].tolist() == [[step, 5.0 / step] for step in range(1, 13)]
    assert found["validation"].tolist() == [[5, 1.2], [10, 0.6]]
    assert set(found["unigram entropy"][:, 1]) == {3.0}


def test_a_long_run_is_drawn_as_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_POINTS", 5)
    found = lines(monkeypatch, records(10))
    assert found["training"].tolist() == [
        [1.5 + 2 * place, (5 / (1 + 2 * place) + 5 / (2 + 2 * place)) / 2] for place in range(5)
    ]


def test_steps_without_a_finite_loss_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(monkeypatch, [*records(2), {"step": 3, "loss": None}, {"step": 4, "loss": float("nan")}])
    assert found["training"][:, 0].tolist() == [1, 2]


def test_the_picture_is_the_same_each_time() -> None:
    one, again = (drawn(records(7), "run") for _ in range(2))
    assert one == again
    assert one.startswith(b"\x89PNG")
    assert struct.unpack(">II", one[16:24]) == (960, 780)


def test_the_page_shows_all_and_needs_nothing_else(tmp_path: Path) -> None:
    write_curves(tmp_path, "my & run", records(3), RESULTS, SAMPLES, HARDEST)
    text = (tmp_path / "curves.html").read_text()
    for shown in ("my &amp; run", "1,234", "&lt;web&gt;", "a &lt;script&gt; &amp; b", str(1 << 63), "9.25", "?a&amp;b"):
        assert shown in text, shown
    assert "<script" not in text and "src=" in text and 'src="http' not in text
    assert (tmp_path / "curves.png").read_bytes() == drawn(records(3), "my & run")


def test_a_measure_that_is_not_known_is_empty() -> None:
    assert "<td></td>" in page("run", b"", RESULTS, [], [])
