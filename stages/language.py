"""Which language a text is written in, and whether the recipe keeps it."""

import functools
import math
from dataclasses import dataclass
from typing import Any

from stages.document import Refusal
from stages.recipe import Language

NO_LANGUAGE = "zxx"
"""ISO 639-2's code for "no linguistic content"; py3langid uses it too."""

CHUNKS = 4
SCORE_DECIMALS = 4
"""py3langid multiplies in float32, whose last bits depend on the processor; rounded scores do not."""


CHINESE = "zh"
SINITIC_MARKS = {
    "yue": frozenset("嘅咗喺哋唔冇嚟啲嗰乜嘢咁噉佢喎啫攞睇"),
    "wuu": frozenset("搿侪覅箇弗咾嘸"),
}
"""Signs with which Cantonese and Wu are written, and standard Chinese hardly ever. py3langid alone gave 688 of some
2,900 pages of Chinese manuals to these two languages, and 559 more a score below 0.65."""
MARKS_OF_SINITIC = 0.01
"""Texts in Cantonese or Wu have more of their marks than this among their letters; of 1,755 pages in standard Chinese
none has one of them."""


@dataclass(frozen=True)
class Identified:
    """A language and how sure it is."""

    language: str
    """ISO 639 code, as py3langid spells it."""
    score: float
    """Probability among all languages that py3langid knows, 0 to 1, rounded to four decimals."""


def identify_language(text: str, settings: Language) -> Identified:
    """The most probable language of a text.

    Reads at most `settings.maximum_characters` characters, taken from the whole length of the text, so that a foreign
    heading or footer does not decide. Every language competes: with a smaller set of candidates a Russian page would be
    forced into English with a high score. A text without a letter is `zxx`, with certainty.
    """
    sample = representative_sample(text, settings.maximum_characters)
    if not _has_letters(sample):
        return Identified(NO_LANGUAGE, 1.0)
    language, score = _identifier().classify(sample)
    if language == CHINESE or language in SINITIC_MARKS:
        return Identified(*language_probabilities(sample)[0])
    return Identified(language, round(float(score), SCORE_DECIMALS))


def language_probabilities(sample: str) -> list[tuple[str, float]]:
    """All languages with their probabilities, the highest first; a language of two scripts comes twice.

    None for a text without a letter. Chinese, Cantonese and Wu are one entry, of the one whose signs the text has.
    """
    if not _has_letters(sample):
        return []
    ranked = [(language, float(score)) for language, score in _identifier().rank(sample)]
    sinitic = sum(score for language, score in ranked if language == CHINESE or language in SINITIC_MARKS)
    others = [one for one in ranked if one[0] != CHINESE and one[0] not in SINITIC_MARKS]
    merged = sorted((*others, (written_sinitic(sample), sinitic)), key=lambda one: -one[1])
    return [(language, round(min(score, 1.0), SCORE_DECIMALS)) for language, score in merged]


def written_sinitic(sample: str) -> str:
    """Which of Chinese, Cantonese and Wu a text in one of them is written in, told by the signs that only one uses."""
    letters = sum(map(str.isalpha, sample))
    shares = {language: sum(map(sample.count, sorted(marks))) for language, marks in SINITIC_MARKS.items()}
    language, most = max(shares.items(), key=lambda one: one[1])
    return language if most > MARKS_OF_SINITIC * letters else CHINESE


def _has_letters(sample: str) -> bool:
    return any(map(str.isalpha, sample))


def check_language(found: Identified, settings: Language) -> Refusal | None:
    """Refuses a language that the recipe does not keep, then a score below its threshold."""
    if settings.keep and found.language not in settings.keep:
        return Refusal("language", detail=found.language)
    if found.score < settings.threshold:
        return Refusal("language_score", found.score, settings.threshold, found.language)
    return None


def representative_sample(text: str, maximum_characters: int) -> str:
    """At most so many characters of a text: a few chunks, evenly spaced, cut at white space and joined by newlines."""
    if len(text) <= maximum_characters:
        return text
    chunks = min(CHUNKS, math.ceil(maximum_characters / 2))
    size = (maximum_characters - (chunks - 1)) // chunks
    last_start = len(text) - size
    starts = [last_start * number // max(chunks - 1, 1) for number in range(chunks)]
    return "\n".join(_whole_words(text, start, start + size) for start in starts)


def _whole_words(text: str, start: int, stop: int) -> str:
    """The words that lie wholly in a range; all of the range where that would lose half of it, as in Chinese."""
    chunk = text[start:stop]
    words = chunk.split()
    if start > 0 and not text[start - 1].isspace() and not chunk[0].isspace():
        words = words[1:]
    if stop < len(text) and not text[stop].isspace() and not chunk[-1].isspace():
        words = words[:-1]
    whole = " ".join(words)
    return whole if 2 * len(whole) >= len(chunk) else chunk


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
