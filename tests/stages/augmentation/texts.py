"""Texts for the tests of the augmenters: a corpus of made-up documents, odd ones, and code."""

import functools
import random
from collections.abc import Iterator
from importlib.resources import files

from stages.augmentation.change import Change, Context
from stages.augmentation.registry import augmenter
from stages.recipe import Step

NAMES = (
    "keyboard",
    "ocr",
    "character_insert",
    "character_substitute",
    "character_swap",
    "character_delete",
    "homophone",
    "spelling",
    "split",
    "word_swap",
    "word_delete",
    "word_crop",
    "sentence_shuffle",
    "sentence_delete",
    "span_mask",
)
"""The augmenters that need nothing but the packages."""

CODE = """def area(radius):
\tif radius  <  0:
\t\traise ValueError("negative   radius")

    return 3.14159 * radius ** 2   # four spaces, then a tab\t
"""
PROSE = """The river had risen in the night, and nobody in the village could remember such a flood. A calf stood there.

  Boats lay across the lane;  the calf stood on the bridge and would not move. Snow began to fall.
"""
CHINESE = "夜里河水上涨，村里没有人记得这样的洪水。小船横在路上。牛站在桥上不肯走。我们看着他们走过去。"
JAPANESE = "村の人々はその夜の洪水を覚えていない。川の水は橋を越えて流れていた。"
THAI = "ไม่มีใครจำได้ว่าเคยมีฝนตกหนักเช่นนี้มาก่อนในหมู่บ้าน"

ODD = {
    "empty": "",
    "spaces": "   ",
    "white space": "\n\t\n",
    "emoji": "🙂",
    "joined emoji": "👩‍👩‍👧 👩‍👩‍👧",
    "Chinese": CHINESE,
    "Japanese": JAPANESE,
    "Thai": THAI,
    "Korean": "한국어 문장 입니다. 오늘은 비가 옵니다.",
    "Hebrew": "שלום עולם, זה מבחן. עוד משפט.",
    "Arabic": "مرحبا بالعالم الكبير، كيف الحال؟",
    "Hindi": "हिन्दी में लिखा हुआ एक वाक्य।",
    "lone surrogates": "a\ud800b \udfff words here",
    "combining marks": "e\u0301\u0301\u0301 a\u0300 zu\u0308ge",
    "only combining marks": "\u0301\u0302 \u0301",
    "NUL": "a\0b \0 words\0here",
    "CRLF": "one two\r\nthree four\r\n",
    "line separators": "one two\u2028two three\u2029three four\x85five six\x1cseven eight",
    "a word": "word",
    "lines of a word": " word\nword\n",
    "numbers": "12 34 5.6 1990",
    "signs": "?! ... --",
    "equal words": "same same same",
    "letters that grow": "ﬁne ŉ İstanbul ßß ŉŉ",
    "joiners alone": "\u200d\u200c",
    "letters beyond the basic plane": "𝒜𝒷𝒸 𝟙𝟚 𠀀𠀁",
    "code": CODE,
    "addresses": "https://a.test/b d@e.test /usr/bin",
}
LONG = {
    "line": " ".join("word" + "abcdefghij"[number % 10] for number in range(40_000))[:200_000],
    "word": "abcdefgh" * 25_000,
    "letter": "x" * 200_000,
    "Chinese": "夜里河水上涨。" * 28_000,
    "sentences": "Yes it is. " * 18_000,
    "lines": "two words\n" * 20_000,
    "spaces": "two" + " " * 200_000 + "words",
    "brackets": "if (" * 50_000,
}


def change(name: str, text: str, rate: float, seed: int = 1, language: str = "en", **settings: object) -> Change:
    """What an augmenter makes of a text."""
    step = Step.model_validate({"augmenter": name, "rate": rate, **settings})
    return augmenter(name)(text, step, Context(language), random.Random(seed))


@functools.cache
def _vocabulary() -> list[str]:
    """English words that every augmenter can change, of nlpaug's list of misspelt words."""
    listed = files("nlpaug").joinpath("res", "word", "spelling", "spelling_en.txt").read_text(encoding="utf-8")
    words = sorted({line.split(" ")[0] for line in listed.splitlines()})
    return [word for word in words if word.isascii() and word.isalpha() and word.islower() and len(word) > 4][::3]


def corpus(language: str = "en", documents: int = 40, sentences: int = 60) -> Iterator[str]:
    """Documents of different lengths; paragraphs of eight sentences, each of them a line."""
    generator = random.Random(1)
    for _ in range(documents):
        pieces = []
        for number in range(generator.randint(sentences // 4, sentences)):
            pieces += _sentence(language, generator), "\n\n" if number % 8 == 7 else "" if language == "zh" else " "
        yield "".join(pieces).strip()


def _sentence(language: str, generator: random.Random) -> str:
    if language == "zh":
        return "".join(generator.choices("夜里河水上涨村没有人记得这样的洪小船路牛站桥走", k=20)) + "。"
    return " ".join(generator.choices(_vocabulary(), k=generator.randint(6, 16))).capitalize() + "."
