"""Sentences that change places, or are missing, within their paragraph.

Sentences end as `stages.quality.sentences` tells; not after a common abbreviation or a number (`Dr.`, `1.`), and not
where a small letter follows. A paragraph is a line. Where lines go on in the next (no terminal sign, then a small
letter), all lines of the block are one paragraph, and its line breaks stay where they were, counted in words: a
sentence that moves is laid out anew. Lines of code stay, and part paragraphs.
"""

import itertools
import random
import re
from collections.abc import Iterator, Sequence

from stages.augmentation.change import Change, Context
from stages.augmentation.prose import LINE_BREAK, Span, shared_out
from stages.augmentation.source_code import without_code_lines
from stages.quality.sentences import sentence_ends
from stages.recipe import Step

# fmt: off
ABBREVIATIONS = frozenset({
    "al", "approx", "art", "bd", "bzw", "ca", "cf", "ch", "co", "col", "corp", "dept", "dr", "ed", "eds", "eq",
    "etc", "fig", "figs", "gen", "gov", "hr", "inc", "jr", "lt", "ltd", "mme", "mr", "mrs", "ms", "mt", "nr", "op",
    "p", "pp", "prof", "rev", "sec", "sen", "sgt", "sr", "sra", "st", "str", "u", "usw", "vgl", "vol", "vs", "z",
})
# fmt: on
"""Of English, German, French and Spanish; what follows a full stop behind them goes on with the sentence."""

_LONGEST_ABBREVIATION = 16
"""With quotation marks and the like behind it."""
_SPACES = re.compile(r"(\s+)")
_CLOSING = re.compile(r"[\"'”’»)\]」』】）》〉*_]*")
_BEFORE_SENTENCE = re.compile(r"\s*(?:(?:[-*+•>#|]+|\d+[.)])\s+)*")
_LAST_WORD = re.compile(r"(\w+)\.[\"'”’»)\]]*\Z")
_LETTER = re.compile(r"[^\W\d_]")
_TERMINAL = re.compile(r"[.!?…:;。！？؟।][\"'”’»)\]」』]*\s*\Z")


def sentence_shuffle(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A share of the sentences changes places with others of the same paragraph."""
    paragraphs = list(_paragraphs(text, context.language))
    units = sum(map(len, paragraphs))
    pieces: list[str] = []
    position = edits = 0
    for number, pairs in shared_out([len(one) // 2 for one in paragraphs], step.rate * units / 2, generator):
        sentences = paragraphs[number]
        moved = generator.sample(range(len(sentences)), 2 * pairs)
        order = list(range(len(sentences)))
        for place, other in zip(moved, [*moved[1:], moved[0]], strict=True):
            order[place] = other
        start, stop = sentences[0][0], sentences[-1][1]
        pieces += text[position:start], _reordered(text, sentences, order)
        edits += sum(text[slice(*sentences[one])] != text[slice(*sentences[order[one]])] for one in moved)
        position = stop
    return Change("".join([*pieces, text[position:]]), edits, units)


def sentence_delete(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A share of the sentences is missing; each paragraph keeps one at least, and lines that had others stay apart."""
    paragraphs = list(_paragraphs(text, context.language))
    units = sum(map(len, paragraphs))
    pieces: list[str] = []
    position = edits = 0
    for number, count in shared_out([len(one) - 1 for one in paragraphs], step.rate * units, generator):
        sentences = paragraphs[number]
        gone = set(generator.sample(range(len(sentences)), count))
        kept = [place for place in range(len(sentences)) if place not in gone]
        pieces += text[position : sentences[0][0]], _only(text, sentences, kept)
        edits += count
        position = sentences[-1][1]
    return Change("".join([*pieces, text[position:]]), edits, units)


def _reordered(text: str, sentences: Sequence[Span], order: Sequence[int]) -> str:
    """The sentences in another order, with the white space between them and all line breaks where they were."""
    between = [text[before[1] : after[0]] for before, after in itertools.pairwise(sentences)]
    texts = [text[slice(*sentences[place])] for place in order]
    joined = "".join(itertools.chain.from_iterable(zip(texts, [*between, ""], strict=True)))
    spaces = _SPACES.findall(text[sentences[0][0] : sentences[-1][1]])
    if not any(map(LINE_BREAK.search, spaces)):
        return joined
    pieces = _SPACES.split(joined)
    for number, before in enumerate(spaces):
        after = pieces[2 * number + 1]
        pieces[2 * number + 1] = before if LINE_BREAK.search(before) else " " if LINE_BREAK.search(after) else after
    return "".join(pieces)


def _only(text: str, sentences: Sequence[Span], kept: Sequence[int]) -> str:
    """Some of the sentences; where some are gone, one run of white space stays, a line break if any."""
    pieces = [text[slice(*sentences[kept[0]])]]
    for before, after in itertools.pairwise(kept):
        stretch = text[sentences[before][1] : sentences[after][0]]
        if after > before + 1:
            next_gap = text[sentences[before][1] : sentences[before + 1][0]]
            stretch = next((run for run in _SPACES.findall(stretch) if LINE_BREAK.search(run)), next_gap)
        pieces += stretch, text[slice(*sentences[after])]
    return "".join(pieces)


def _paragraphs(text: str, language: str) -> Iterator[list[Span]]:
    """The places of the sentences of each paragraph that has any, in their order."""
    prose = without_code_lines(text)
    for start, stop in _blocks(prose):
        sentences = list(_sentences(prose, start, stop, language))
        if sentences:
            yield sentences


def _blocks(prose: str) -> Iterator[Span]:
    """The places of the paragraphs: lines, or blocks of lines that go on in the next."""
    block: list[Span] = []
    start = 0
    for line in [*prose.splitlines(keepends=True), ""]:
        if line.strip():
            block.append((start, start + len(line)))
        elif block:
            if _is_wrapped([prose[slice(*one)] for one in block]):
                yield block[0][0], block[-1][1]
            else:
                yield from block
            block = []
        start += len(line)


def _is_wrapped(lines: Sequence[str]) -> bool:
    joints = itertools.pairwise(lines)
    return any(after.lstrip()[:1].islower() and not _TERMINAL.search(before) for before, after in joints)


def _sentences(prose: str, start: int, stop: int, language: str) -> Iterator[Span]:
    paragraph = LINE_BREAK.sub(" ", prose[start:stop]).rstrip()
    begin = _begin(paragraph, 0)
    for place in [*sentence_ends(paragraph, language), len(paragraph)]:
        end = _after(_CLOSING, paragraph, place)
        if end > begin and _LETTER.search(paragraph, begin, end) and not _goes_on(paragraph, begin, end):
            yield start + begin, start + end
            begin = _begin(paragraph, end)


def _goes_on(paragraph: str, begin: int, end: int) -> bool:
    """Whether what seems to end here is an abbreviation, or a small letter follows."""
    after = _after(_SPACES, paragraph, end)
    following = paragraph[after : after + 1]
    last = _LAST_WORD.search(paragraph[max(begin, end - _LONGEST_ABBREVIATION) : end])
    is_short = last is not None and (last[1].lower() in ABBREVIATIONS or (last[1].isdigit() and len(last[1]) <= 2))
    return following != "" and (is_short or following.islower())


def _begin(paragraph: str, place: int) -> int:
    return _after(_BEFORE_SENTENCE, paragraph, place)


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place
