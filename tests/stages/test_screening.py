"""Screening: only what cannot survive is refused, each with its reason."""

import random
import time

import pytest

from stages.document import Record, Refusal
from stages.judging import judge
from stages.recipe import Corpus
from stages.screening import screen

SENTENCES = {
    "en": "The miller carried every sack of grain to the stone before the water had turned his wheel once more",
    "de": "Der Müller trug jeden Sack mit Korn zum Stein bevor das Wasser sein Rad noch einmal gedreht hatte",
    "fr": "Le meunier portait chaque sac de grain vers la pierre avant que l'eau ne fasse tourner sa roue",
    "ru": "Мельник отнёс каждый мешок зерна к жернову прежде чем вода ещё раз повернула его колесо",
    "ja": "水がもう一度水車を回す前に粉屋は穀物の袋をすべて石臼まで運んでいました",
}
MENU = (
    "<nav><ul>" + "<li><a href='/'>Home</a><li><a href='/'>About us</a><li><a href='/'>Contact</a>" * 4 + "</ul></nav>"
)


def settings(**changes: object) -> Corpus:
    source = {"name": "web", "paths": ("x",)}
    return Corpus.model_validate({"sources": (source,), "language": {"keep": ("en",)}, **changes})


def text(language: str, words: int = 240) -> str:
    chance = random.Random(language)
    known = SENTENCES[language].split()
    if language == "ja":
        return "<p>" + f"{SENTENCES['ja']}。" * (words // 30) + "</p>"
    return "".join(f"<p>{' '.join(chance.sample(known, 12))}.</p>" for _ in range(words // 12))


def page(body: str, attribute: str = "") -> str:
    head = f"<!doctype html><html{attribute}><head><title>Mill</title></head>"
    return f"{head}<body>{MENU}<article>{body}</article></body></html>"


@pytest.mark.parametrize("attribute", ["", " lang='en'", " lang='en-GB'", " lang='de'"])
def test_a_wanted_language_passes_whatever_the_attribute_says(attribute: str) -> None:
    assert screen(page(text("en"), attribute), settings()) is None


@pytest.mark.parametrize("language", ["de", "fr", "ru", "ja"])
def test_an_unwanted_language_is_refused_with_its_reason(language: str) -> None:
    declared = screen(page(text(language), f" lang='{language}'"), settings())
    assert declared is not None
    assert (declared.rule, declared.threshold, declared.detail) == ("language_attribute", 0.001, language)
    unlabelled = screen(page(text(language)), settings())
    assert unlabelled is not None
    assert (unlabelled.rule, unlabelled.threshold) == ("language", 0.01)
    assert unlabelled.value is not None
    assert unlabelled.value < 0.01


@pytest.mark.parametrize("language", ["de", "fr", "ru", "ja"])
def test_each_language_passes_where_it_is_wanted(language: str) -> None:
    wanted = settings(language={"keep": ("en", language)})
    assert screen(page(text(language)), wanted) is None
    assert screen(page(text(language), " lang='xx'"), wanted) is None


def test_an_article_under_a_foreign_menu_passes() -> None:
    foreign_menu = (
        "<nav><ul>" + "<li><a href='/'>Startseite</a><li>Über uns und unsere Arbeit</li>" * 20 + "</ul></nav>"
    )
    assert screen(page(foreign_menu + text("en", 360), " lang='de'"), settings()) is None


def test_every_language_passes_where_all_are_kept() -> None:
    everything = settings(language={"keep": ()})
    assert all(screen(page(text(language)), everything) is None for language in SENTENCES)


def test_a_language_that_only_one_detector_knows_is_judged_by_it() -> None:
    rare = settings(language={"keep": ("zu",)})
    assert screen(page(text("de"), " lang='zu'"), rare) is not None
    assert screen(page(text("de"), " lang='de'"), rare) is not None


def test_words_are_counted_over_the_whole_page() -> None:
    short = page("<p>Only a few words here.</p>")
    assert screen(short, settings()) == Refusal("minimum_words", 21, 40.0)
    assert screen(short, settings(quality={"gopher_quality": {"minimum_words": 26}})) is None
    assert screen(short, settings(quality={"gopher_quality": {"enabled": False}})) is None


LONG = SENTENCES["en"] + ". " + " ".join(sorted(SENTENCES["en"].split())) + ". " + SENTENCES["en"]


@pytest.mark.parametrize(
    "source",
    [
        f"<noscript><p>{LONG}</p></noscript>",
        f"<template><p>{LONG}</p></template>",
        f'<script type="application/ld+json">{{"articleBody": "{LONG}"}}</script>',
        f"<title/><p>{LONG}</p>",
        f"<script src='x'/><p>{LONG}</p>",
        f"<textarea>{LONG}</textarea>",
    ],
)
def test_what_no_browser_shows_but_extraction_may_find_is_not_short(source: str) -> None:
    assert screen(source, settings()) is None


@pytest.mark.parametrize(
    "source", ["<script>var a = b; " * 3 + LONG, f"<style>{LONG}</style>", f"<script>{LONG}</script>"]
)
def test_scripts_and_styles_are_no_words(source: str) -> None:
    assert (screen(source + "<p>short</p>", settings()) is None) == ("</" not in source)


def test_scripts_that_never_end_take_no_time() -> None:
    started = time.process_time()
    screen("<script>" * 39_000, settings())
    screen("<script></script>" * 19_000, settings())
    assert time.process_time() - started < 2


def test_letters_count_where_words_are_not_spaced() -> None:
    japanese = settings(language={"keep": ("ja",)})
    assert screen(f"<p>{SENTENCES['ja'] * 2}</p>", japanese) is None
    refused = screen(f"<p>{SENTENCES['ja']}</p>", japanese)
    assert refused is not None
    assert refused.rule == "minimum_words"


def test_without_screening_every_page_is_extracted() -> None:
    record = Record("urn:1", "html", page(text("de"), " lang='de'").encode(), "file", 0)
    screened, extracted = judge(record, settings()), judge(record, settings(screening={"enabled": False}))
    assert screened.stage == "screen"
    assert screened.refusal is not None
    assert screened.refusal.rule == "language_attribute"
    assert (extracted.stage, extracted.refusal) == ("language", Refusal("language", detail="de"))


def test_what_passes_is_unchanged_by_screening() -> None:
    record = Record("urn:1", "html", page(text("en")).encode(), "file", 0)
    groups = ("gopher_repetition", "c4", "fineweb")
    quality = {name: {"enabled": False} for name in groups}
    screened = judge(record, settings(quality=quality))
    assert screened == judge(record, settings(quality=quality, screening={"enabled": False}))
    assert (screened.stage, screened.refusal) == ("decontaminate", None)


def test_bounds_come_before_everything_else() -> None:
    record = Record("urn:1", "html", page(text("en")).encode(), "file", 0)
    verdict = judge(record, settings(extraction={"maximum_page_bytes": 100}))
    assert verdict.stage == "screen"
    assert verdict.refusal is not None
    assert verdict.refusal.rule == "page_bytes"


def test_pages_without_text_do_not_break_it() -> None:
    for source in ("", "<", "<html>", "\x00", "<p>" * 1000, "1234567890 " * 100):
        screen(source, settings())
