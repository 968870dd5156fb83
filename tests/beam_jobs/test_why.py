"""`make why`, from stored data alone: what became of a page, and its whole way."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from beam_jobs.why import command
from beam_jobs.why.answer import beginning
from stages.errors import GristmillError
from tests.beam_jobs.stored_corpus import RECIPE, StoredCorpus

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("apache_beam", "trafilatura", "scipy", "sklearn", "torch", "pandas", "py3langid", "jinja2", "matplotlib")


@pytest.fixture
def stored(tmp_path: Path) -> StoredCorpus:
    corpus = StoredCorpus(tmp_path / "out")
    edits = [{"edit": "masked_email", "count": 2, "characters": 30}]
    corpus.document(1, "The mill grinds\nthe grain of the village.", edits=edits, quality_score=0.75)
    corpus.document(2, "Another text about a mill.", url="https://other.test/")
    corpus.document(101, "Teh mill grinds.", parent_id=1, augmentation="keyboard(rate=0.05)", url="https://site.test/1")
    corpus.low_quality(
        3, "A poor page of the miller. \x1b[31m\u202e", measured={"words": 20.0, "alphabetic_words": 0.1}
    )
    corpus.removal(4, "duplicates", "near_duplicate", duplicate_of=1, jaccard=0.875, value=0.875, threshold=0.8)
    corpus.measured(4, {"words": 99.0})
    corpus.removal(5, "language", "language", detail="de")
    corpus.write()
    return corpus


def answer(stored: StoredCorpus, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    command.main(["--recipe", str(stored.recipe_file), *arguments])
    return capsys.readouterr().out


def test_a_document_shows_its_whole_way(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(stored, capsys, "--id", "1")
    assert "kept as        document, train, in documents/part-00000.parquet" in shown
    for pattern in (
        r"language +en 0\.9000, at least 0\.65",
        r"quality +within all bounds, quality_score 0\.75",
        r"duplicates +1 removed in its favour: https://www\.site\.test/page/4 \(0\.8750\)",
        r"edits +masked_email 2 \(30 characters\)",
        r"split +train",
        r"variants +keyboard\(rate=0\.05\) 101",
        r"\n  corpus\.quality\.gopher_quality\n    minimum_words +100  >= 50\n    maximum_words +100  <= 100,000\n",
        r"\n  corpus\.quality\.fineweb\n.*\n    maximum_short_lines +0\.1  <= 0\.67\n",
        r"text, 41 characters\n  \| The mill grinds\n  \| the grain of the village\.",
    ):
        assert re.search(pattern, shown), pattern


def test_the_stages_stand_in_the_order_of_the_run(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(stored, capsys, "--id", "2")
    stages = re.findall(r"^  (read|url|screen|extract|language|quality|decontaminate|duplicates) ", shown, re.MULTILINE)
    assert stages == ["read", "url", "screen", "extract", "language", "quality", "decontaminate", "duplicates"]


def test_a_variant_names_its_document_and_has_its_measurements(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = answer(stored, capsys, "--id", "101")
    assert "variant        keyboard(rate=0.05) of 1" in shown
    assert re.search(r"minimum_words +100  >= 50", shown)


def test_a_removal_shows_its_rule_all_values_and_the_stored_beginning(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = answer(stored, capsys, "--url", "https://www.site.test/page/3")
    assert "removed by     quality: minimum_words, measured 20, bound 50" in shown
    assert "meaning        Too low: words in the text.\n" in shown
    assert "setting        corpus.quality.gopher_quality.minimum_words\n" in shown
    assert re.search(r"minimum_words +20  >= 50  missed, removed for it\n", shown)
    assert re.search(r"minimum_alphabetic_words +0\.1  >= 0\.8  missed\n", shown)
    assert (
        "text, 33 characters, stored as an example of what this rule removes\n  | A poor page of the miller." in shown
    )


def test_a_value_close_to_its_bound_is_told_apart_from_it(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.low_quality(6, measured={"alphabetic_words": 0.799999})
    stored.write()
    shown = answer(stored, capsys, "--id", "6")
    assert "minimum_alphabetic_words, measured 0.799999, bound 0.8\n" in shown
    assert re.search(r"minimum_alphabetic_words +0\.799999  >= 0\.8  missed, removed for it\n", shown)


def test_a_text_that_is_not_stored_is_said_and_how_to_get_it(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "its text is not stored: RECORD=1 fetches its record again" in answer(stored, capsys, "--id", "5")


def test_an_id_may_have_separators(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(stored, capsys, "--id", "1,01") == answer(stored, capsys, "--id", "101")


def test_a_duplicate_shows_what_stayed(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(stored, capsys, "--id", "4")
    assert "duplicate of   1 (https://www.site.test/page/1), true Jaccard similarity 0.8750" in shown


def test_a_part_of_a_text_lists_all_and_answers_for_the_first(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = answer(stored, capsys, "--text", "mill")
    assert shown.startswith("4 texts contain it; the first is shown below\n  document  1 ")
    assert "  removed   3                    https://www.site.test/page/3\n" in shown
    assert shown.count("kept as ") == 1
    removed = answer(stored, capsys, "--text", "page of the miller")
    assert "removed by     quality: minimum_words" in removed


def test_a_text_is_searched_letter_by_letter(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(stored, capsys, "--text", "village.").startswith("1 text contains it\n")
    with pytest.raises(
        GristmillError, match=r"no stored text contains 'villag\.s'; of removed texts only the examples"
    ):
        answer(stored, capsys, "--text", "villag.s")
    with pytest.raises(GristmillError, match="1 do in other case or spacing: make why ID=1"):
        answer(stored, capsys, "--text", "MILL grinds the grain")


def test_texts_of_removals_are_searched_where_the_run_kept_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = StoredCorpus(tmp_path / "out", RECIPE.replace("[[corpus", "[corpus]\nkeep_removed_text = true\n[[corpus", 1))
    kept.removal(9, "extract", "empty_text", text="Nothing but a windmill.")
    kept.write()
    shown = answer(kept, capsys, "--text", "windmill")
    assert "removed by     extract: empty_text\n" in shown
    assert "text, 23 characters\n  | Nothing but a windmill." in shown


def test_near_addresses_are_named(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GristmillError, match=r"; similar: https://other\.test/$"):
        answer(stored, capsys, "--url", "http://www.other.test")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of URL=…, ID=… and TEXT=…"),
        (["--url", "x", "--text", "y"], "give one of URL=…, ID=… and TEXT=…"),
        (["--id", "1", "--text", "y"], "give one of URL=…, ID=… and TEXT=…"),
        (["--text", "a\udcff"], "TEXT=…: holds bytes that are not UTF-8"),
        (["--url", "https://\udcff"], "URL=…: holds bytes that are not UTF-8"),
        (["--id", "few"], "ID=few: ids are numbers below"),
        (["--text", "  "], "give one of URL=…, ID=… and TEXT=…"),
        (["--id=-1"], "ID=-1: ids are numbers below"),
        (["--id", "77"], "no document and no removal has the id 77"),
        (["--url", "https://never.test/"], "has the address https://never.test/$"),
        (["--id", "1", "--most", "0"], "--most 0: show at least one"),
        (["--id", "1", "--set", "nonsense"], "override 'nonsense'"),
    ],
)
def test_wrong_input_is_one_line(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(GristmillError, match=message) as raised:
        answer(stored, capsys, *arguments)
    assert "\n" not in str(raised.value)


def test_a_terminal_is_told_nothing_by_a_text() -> None:
    assert beginning("a\x1b[31mb\u202ec\x00\nd", 100) == "  | a\ufffd[31mb\ufffdc\ufffd\n  | d"
    assert beginning("abc", 2) == "  | ab\n  … 1 more"


def test_stored_answers_need_no_heavy_library(stored: StoredCorpus) -> None:
    code = (
        "import sys; from beam_jobs.why.__main__ import main; main(sys.argv[1:]); "
        f"print('HEAVY', sorted(set({HEAVY!r}) & sys.modules.keys()))"
    )
    for arguments in (["--id", "1"], ["--text", "mill"]):
        command_line = [sys.executable, "-c", code, "--recipe", str(stored.recipe_file), *arguments]
        result = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=True)
        assert result.stdout.endswith("HEAVY []\n"), result.stdout[-300:]
