"""`make report`: one page that is right, safe with hostile texts, the same for the same corpus, and opens anywhere."""

import http.server
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lxml import etree, html

from beam_jobs.report import command, tables
from beam_jobs.report.histograms import Series, Threshold, histogram
from beam_jobs.report.meanings import MEASURES, measure_meaning, rule_key, rule_meaning
from beam_jobs.report.page import percent
from beam_jobs.report.text import quantity, visible
from stages.errors import GristmillError
from stages.quality.bounds import bounds, measure_names
from stages.recipe import Classifier, LineCorrections, Perplexity, Quality
from tests.beam_jobs.stored_corpus import StoredCorpus

HOSTILE = (
    "<script>alert(1)</script> </pre></details><img src=x onerror=alert(2)> & \x00 \x1b[31m \u202eoverride\u202c "
    "\u2066 \ufeff \ufffe \U0001ffff \x85 {{ 7 * 7 }} {% raw %} a" + "\u0301" * 40 + " שלום " + "W" * 3_000
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=4000"),
)


def make_corpus(folder: Path) -> StoredCorpus:
    corpus = StoredCorpus(folder)
    for number in range(30):
        edits = [{"edit": "masked_email", "count": 2, "characters": 30}] if number % 3 == 0 else []
        measured = {"words": 60.0 + 7 * number, "short_lines": number / 60, "top_2_gram_characters": number / 300}
        corpus.document(
            number, "word " * (60 + number), measured=measured, edits=edits, language_score=0.7 + number / 100
        )
    corpus.document(200, "variant", parent_id=3, augmentation="keyboard(rate=0.05)")
    for number in range(40, 60):
        corpus.low_quality(
            number, f"{number} {HOSTILE}", measured={"words": number - 20.0}, url=f"https://h.test/{HOSTILE}"
        )
    corpus.removal(70, "read", "redirect")
    corpus.removal(71, "language", "language_score", value=0.4, threshold=0.65, example="kurz")
    corpus.removal(72, "duplicates", "near_duplicate", duplicate_of=5, jaccard=0.81, value=0.81, threshold=0.8)
    corpus.measured(72, {})
    corpus.removal(73, "duplicates", "near_duplicate", duplicate_of=6, jaccard=0.93, value=0.93, threshold=0.8)
    corpus.measured(73, {})
    corpus.facts["repeated_text"] = {"top": [{"text": f"Copyright {HOSTILE}", "documents": 12}]}
    corpus.write()
    return corpus


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredCorpus:
    return make_corpus(tmp_path_factory.mktemp("report") / "out")


@pytest.fixture(scope="module")
def page(stored: StoredCorpus) -> str:
    command.main(["--recipe", str(stored.recipe_file)])
    return (stored.folder / "report" / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def tree(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def text_of(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def row(tree: html.HtmlElement, name: str) -> str:
    return next(text_of(one) for one in tree.iter("tr") if text_of(one).startswith(name))


def test_the_funnel_and_the_figures_are_those_of_the_ledger(tree: html.HtmlElement) -> None:
    assert "54 records were read from 1 source;" in text_of(tree.find(".//header"))
    assert "30 55.6 % of the records" in text_of(tree.find(".//header"))
    assert row(tree, "read 54") == "read 54 1 1.9 %"
    assert row(tree, "quality") == "quality 52 20 38.5 %"
    assert row(tree, "train") == "train 30 0.0 M 1"


def test_each_rule_tells_its_meaning_bound_setting_and_examples(tree: html.HtmlElement) -> None:
    rules = {text_of(rule.find(".//span[@class='name']")): rule for rule in tree.findall(".//details[@class='rule']")}
    assert list(rules) == ["redirect", "language score ≥ 0.65", "minimum words ≥ 50", "near duplicate < 0.8"]
    words = text_of(rules["minimum words ≥ 50"])
    assert words.startswith(
        "minimum words ≥ 50 20 38.5 % Meaning Too low: words in the text. Bound at least 50 Setting"
    )
    assert "corpus.quality.gopher_quality.minimum_words" in words
    assert len(rules["minimum words ≥ 50"].findall(".//details[@class='example']")) == 8
    assert "No texts are stored for this rule" in text_of(rules["redirect"])
    values = [float(one.text) for one in rules["minimum words ≥ 50"].findall(".//summary/b")]
    assert values == sorted(values, reverse=True), "nearest to the bound first"


def test_rules_stand_under_their_papers_with_those_that_removed_nothing(tree: html.HtmlElement) -> None:
    removals = tree.get_element_by_id("removals")
    titles = [text_of(one) for one in removals.findall("h3")]
    assert titles[0] == "read 1"
    assert "quality: Gopher, quality which texts are prose: Rae et al. 2021, section A.1.1 20" in titles
    assert "quality: FineWeb lists, menus and repeated lines: Penedo et al. 2024, section 3.5 0" in titles
    idle = [text_of(one) for one in removals.findall("p[@class='idle']")]
    assert idle[0].startswith("Removed nothing: maximum words, minimum mean word length, ")


def test_bars_of_all_rules_have_one_scale(tree: html.HtmlElement) -> None:
    bars = [one.get("style") for one in tree.get_element_by_id("removals").findall(".//summary/span/i")]
    shares = [1 / 54, 1 / 53, 20 / 52, 2 / 32]
    assert bars == [f"width:{100 * share / (20 / 52):.2f}%" for share in shares]


def test_tables_tell_domains_edits_pairs_and_settings(tree: html.HtmlElement) -> None:
    assert row(tree, "site.test") == "site.test 34 30 88.2 %"
    assert row(tree, "masked email") == "masked email 10 33.3 % 20 300"
    assert row(tree, "0.8100") == "0.8100 https://www.site.test/page/72 stayed: https://www.site.test/page/5"
    assert row(tree, "corpus.language.keep") == 'corpus.language.keep ["en"] ["en", "fr"]'
    assert row(tree, "12 Copyright").startswith("12 Copyright <script>")


def test_every_measured_rule_is_drawn_with_its_bound(tree: html.HtmlElement) -> None:
    cards = {text_of(card.find(".//b")): card for card in tree.findall(".//figure")}
    measures = {bound.measure.replace("_", " ") for bound in bounds(Quality())}
    assert measures <= cards.keys()
    caption = text_of(cards["words"].find(".//figcaption"))
    assert caption == "words 38.5 % removed words in the text minimum_words = 50 maximum_words = 100_000"
    assert cards["words"].find(".//svg") is not None
    assert "measured on no text" in text_of(cards["lorem ipsum"])
    drawn = text_of(cards["words"].find(".//svg"))
    assert "\u2265 50" in drawn
    assert "9 in all 52 texts" in text_of(cards["sentences"])


def test_hostile_text_stays_text(page: str, tree: html.HtmlElement) -> None:
    assert not tree.findall(".//script")
    assert not tree.findall(".//img")
    assert not [one for one in tree.iter() if any(name.startswith("on") for name in one.attrib)]
    texts = [one.text_content() for one in tree.findall(".//pre")]
    assert sum("<script>alert(1)</script> </pre></details><img src=x" in one for one in texts) == 8
    assert "{{ 7 * 7 }}" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\U0001ffff]", page)
    assert "\u0301" * 4 not in page
    for one in tree.findall(".//pre"):
        assert one.get("dir") == "auto"


def test_the_page_needs_nothing_but_itself(page: str, tree: html.HtmlElement) -> None:
    policy = tree.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    for one in tree.iter():
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert one.get(name, "#").startswith(("#", "data:")), (one.tag, name)
    assert not re.search(r"url\((?!#)|@import", re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL))


def test_the_html_is_valid(page: str) -> None:
    parser = etree.HTMLParser(recover=True)
    etree.fromstring(page.encode(), parser)
    # lxml's HTML 4 parser does not know these elements of HTML 5 and SVG; of all else it may complain of nothing.
    wrong = [one for one in parser.error_log if not re.search(r"Tag (\w+) invalid", one.message)]
    assert not wrong
    ids = Counter(re.findall(r'\sid="([^"]+)"', re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)))
    assert not [name for name, count in ids.items() if count > 1]
    for used in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page):
        assert ("".join(used)) in ids
    opened = Counter(re.findall(r"<(details|section|table|figure|pre|svg|div|p|bdi)\b", page))
    closed = Counter(re.findall(r"</(details|section|table|figure|pre|svg|div|p|bdi)>", page))
    assert opened == closed


def test_the_same_corpus_gives_the_same_bytes(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = make_corpus(tmp_path / "out")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    command.main(["--recipe", str(again.recipe_file)])
    assert (again.folder / "report" / "report.html").read_text("utf-8") == page


def test_of_a_huge_corpus_values_are_a_sample_and_the_page_says_so(
    stored: StoredCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SAMPLE_ROWS", 20)
    command.main(["--recipe", str(stored.recipe_file)])
    page = (stored.folder / "report" / "report.html").read_text("utf-8")
    assert "Drawn from one in 2 documents" in page
    assert "Drawn from one in 3 texts" in page
    assert 'site.test</bdi></th><td class="n">34' in page  # counts are of all
    monkeypatch.undo()
    command.main(["--recipe", str(stored.recipe_file)])


def test_an_empty_corpus_has_a_page_too(tmp_path: Path) -> None:
    empty = StoredCorpus(tmp_path / "out")
    empty.removal(1, "read", "redirect", url=None, date=None)
    empty.write()
    command.main(["--recipe", str(empty.recipe_file)])
    assert "measured on no text" in (empty.folder / "report" / "report.html").read_text()


def test_no_corpus_names_the_job_to_run(tmp_path: Path) -> None:
    recipe = StoredCorpus(tmp_path / "none").recipe_file
    with pytest.raises(GristmillError, match="run `make corpus` first"):
        command.main(["--recipe", str(recipe)])


def test_every_measure_and_bound_has_words_and_a_setting() -> None:
    every = Quality(
        line_corrections=LineCorrections(enabled=True),
        classifier=Classifier(model="m"),
        perplexity=Perplexity(model="m"),
    )
    for name in measure_names():
        assert name in MEASURES or measure_meaning(name).startswith("share of the characters in ")
    for bound in bounds(every):
        assert rule_meaning("quality", bound.rule)
        assert rule_key("quality", bound.rule, every) == f"corpus.quality.{bound.group}.{bound.rule}"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 10, "0 %"),
        (1, 3000, "< 0.1 %"),
        (9_999, 10_000, "99.9 %"),
        (10, 10, "100 %"),
        (1, 8, "12.5 %"),
        (1, 0, "0 %"),
    ],
)
def test_shares_never_round_to_none_or_all(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def test_unseen_characters_are_shown() -> None:
    assert visible("a\x00b\x7f\u202e\ud800\n\tc") == "a\u2400b\u2421[U+202E]\ufffd\n\tc"


@pytest.mark.parametrize("values", [[0.1, 0.3, 0.3, 0.31], [1, 2, 2, 3, 4], [1, 5, 60, 300, 9_000, 300.5]])
@pytest.mark.parametrize("is_minimum", [True, False])
def test_the_bars_beyond_a_threshold_hold_exactly_what_misses_it(values: list[float], is_minimum: bool) -> None:
    found = np.array(values, np.float64)
    bound = float(np.sort(found)[len(found) // 2])
    picture = histogram([Series("kept", found)], [Threshold(bound, is_minimum)])
    assert picture is not None
    beyond = picture.edges[:-1] < picture.thresholds[0] if is_minimum else picture.edges[:-1] >= picture.thresholds[0]
    missed = found < bound if is_minimum else found > bound
    assert picture.counts["kept"][beyond].sum() == missed.sum()
    assert picture.counts["kept"].sum() == len(found)


def test_the_axis_has_room_beyond_a_threshold_for_what_misses_it() -> None:
    values = np.concatenate([np.linspace(0, 0.1, 5_000), np.linspace(0.101, 0.5, 20)])
    picture = histogram([Series("kept", values)], [Threshold(0.1, False)])
    assert picture is not None
    assert 0.11 < picture.edges[-1] < 0.13
    assert (picture.edges[:-1] >= picture.thresholds[0]).sum() > 3
    assert picture.counts["kept"][picture.edges[:-1] >= picture.thresholds[0]].sum() == 20


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (100_000.0, "100,000"), (1e6, "1,000,000"), (1234.56, "1,235"), (0.123456, "0.1235"), (-3.0, "-3")],
)
def test_numbers_are_those_of_people(value: float, shown: str) -> None:
    assert quantity(value) == shown


@pytest.fixture
def chromium() -> str:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    return CHROMIUM


def dumped(chromium: str, url: str, profile: Path) -> tuple[str, str]:
    """The page as the browser has it after loading, and what the browser said."""
    arguments = [chromium, *FLAGS, f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom", url]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True)
    return result.stdout, result.stderr


PROBE = """<!DOCTYPE html><title>waiting</title><iframe id="f" src="/report.html"
style="width:%dpx;height:900px;border:0"></iframe><script>document.getElementById("f").onload = (event) => {
const page = event.target.contentDocument;
for (const one of page.querySelectorAll("details")) one.open = true;
const wide = [...page.querySelectorAll("body *")].filter((one) => !one.closest("pre, .scroll, svg") &&
  one.getBoundingClientRect().right > page.documentElement.clientWidth + 1).map((one) => one.outerHTML.slice(0, 60));
const root = page.documentElement;
document.title = JSON.stringify([root.clientWidth, root.scrollWidth, wide.length, page.querySelectorAll("svg").length]);
};</script>"""


@pytest.fixture
def site(stored: StoredCorpus, page: str) -> Iterator[tuple[str, list[str]]]:
    """A server of this machine with the page and pages that look at it; what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            width = re.fullmatch(r"/at/(\d+)", self.path)
            body = (PROBE % int(width[1]) if width else page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_it_opens_in_a_browser_without_a_complaint_or_a_request(
    chromium: str, site: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = site
    dom, said = dumped(chromium, f"{address}/report.html", tmp_path / "profile")
    assert "From records to tokens" in dom
    assert "CONSOLE" not in said
    assert asked == ["/report.html"]


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_phone_and_a_desk(chromium: str, site: tuple[str, list[str]], tmp_path: Path, width: int) -> None:
    address, _ = site
    dom, _ = dumped(chromium, f"{address}/at/{width}", tmp_path / "profile")
    found = re.search(r"<title>\[(\d+),(\d+),(\d+),(\d+)\]</title>", dom)
    assert found is not None, dom[:500]
    client, scroll, wide, pictures = map(int, found.groups())
    assert client == width
    assert scroll == width
    assert wide == 0
    assert pictures > 5
