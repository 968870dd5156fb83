"""The detection curve as it is printed."""

import pytest

from beam_jobs.detection_curve import command


def test_the_table_shows_the_curve_of_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--set", "corpus.near_duplicates.bands=20 corpus.near_duplicates.threshold=0.72"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "corpus.near_duplicates: 20 bands of 8 rows, threshold 0.72"
    values = {line.split()[0]: line.split()[1] for line in lines if line.startswith(("0.", "1."))}
    assert values["0.50"] == "0.0753" and values["1.00"] == "1.0000"
    assert [line.endswith("threshold") for line in lines if line.startswith("0.72")] == [True]
    assert "320 bytes a document" in lines[-1]
