"""The quality section of a recipe: the rules of the papers, a group each, in the order in which they are applied.

A key that begins with `minimum_` or `maximum_` bounds what is measured on a document, and is a rule of that name in the
ledger; the measured value is named without the prefix. A huge maximum, or 0 as a minimum, switches a rule off.
"""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section


class GopherQuality(Section):
    """Rae et al. 2021 (arXiv 2112.11446), section A.1.1: which texts are prose."""

    enabled: bool = True
    minimum_words: float = Field(default=50, ge=0)
    maximum_words: float = Field(default=100_000, gt=0)
    minimum_mean_word_length: float = Field(default=3.0, ge=0)
    maximum_mean_word_length: float = Field(default=10.0, gt=0)
    maximum_hash_word_ratio: float = Field(default=0.1, ge=0)
    maximum_ellipsis_word_ratio: float = Field(default=0.1, ge=0)
    maximum_bullet_lines: float = Field(default=0.9, ge=0)
    maximum_ellipsis_lines: float = Field(default=0.3, ge=0)
    minimum_alphabetic_words: float = Field(default=0.8, ge=0, le=1)
    minimum_stop_words: float = Field(default=2, ge=0)


class GopherRepetition(Section):
    """Rae et al. 2021, table A1: which texts only repeat themselves. Shares are of lines, paragraphs or characters."""

    enabled: bool = True
    maximum_duplicate_paragraphs: float = Field(default=0.30, ge=0)
    maximum_duplicate_paragraph_characters: float = Field(default=0.20, ge=0)
    maximum_duplicate_lines: float = Field(default=0.30, ge=0)
    maximum_duplicate_line_characters: float = Field(default=0.20, ge=0)
    maximum_top_2_gram_characters: float = Field(default=0.20, ge=0)
    maximum_top_3_gram_characters: float = Field(default=0.18, ge=0)
    maximum_top_4_gram_characters: float = Field(default=0.16, ge=0)
    maximum_duplicate_5_gram_characters: float = Field(default=0.15, ge=0)
    maximum_duplicate_6_gram_characters: float = Field(default=0.14, ge=0)
    maximum_duplicate_7_gram_characters: float = Field(default=0.13, ge=0)
    maximum_duplicate_8_gram_characters: float = Field(default=0.12, ge=0)
    maximum_duplicate_9_gram_characters: float = Field(default=0.11, ge=0)
    maximum_duplicate_10_gram_characters: float = Field(default=0.10, ge=0)


class LineCorrections(Section):
    """Penedo et al. 2023 (RefinedWeb, arXiv 2306.01116), appendix G.2: lines that are removed, and how many may be."""

    enabled: bool = False
    uppercase_share: float = Field(default=0.5, ge=0, le=1)
    """A line of which more letters than this are capitals is removed."""
    pattern_words: int = Field(default=10, ge=0)
    """Lines of at most so many words are removed if they match a phrase such as `read more`."""
    maximum_removed_words: float = Field(default=0.05, ge=0)
    """The share of its words that a document may lose."""


class C4(Section):
    """Raffel et al. 2020 (C4, arXiv 1910.10683), section 2.2, with the numbers of datatrove and FineWeb."""

    enabled: bool = True
    citation_marks: bool = True
    """Takes out `[1]`, `[edit]` and `[citation needed]`."""
    line_words: int = Field(default=3, ge=0)
    """Lines with fewer words are removed; 5 in the paper's code."""
    line_word_characters: int = Field(default=1_000, gt=0)
    """Lines with a longer word are removed."""
    terminal_punctuation: bool = False
    """Removes lines that do not end a sentence; FineWeb found that it costs more than it brings."""
    javascript_lines: bool = True
    """Removes lines that speak of javascript."""
    policy_lines: bool = True
    """Removes lines of cookie and privacy notices."""
    bad_words: tuple[str, ...] = ()
    """Files with a word or phrase a line."""
    maximum_bad_words: float = Field(default=0, ge=0)
    maximum_lorem_ipsum: float = Field(default=0, ge=0)
    maximum_curly_brackets: float = Field(default=0, ge=0)
    minimum_sentences: float = Field(default=5, ge=0)
    """3 in the paper's code."""


class FineWeb(Section):
    """Penedo et al. 2024 (FineWeb, arXiv 2406.17557), section 3.5: lists, menus and repeated lines."""

    enabled: bool = True
    short_line_characters: int = Field(default=30, ge=0)
    """A line of at most so many characters is short."""
    minimum_terminal_lines: float = Field(default=0.12, ge=0, le=1)
    """The share of lines that end with terminal punctuation."""
    maximum_short_lines: float = Field(default=0.67, ge=0)
    maximum_duplicate_character_ratio: float = Field(default=0.01, ge=0)
    """Characters of lines that occurred before."""
    maximum_newline_word_ratio: float = Field(default=0.3, ge=0)


class Classifier(Section):
    """How much a text is like the positive set that `make quality-model` was given, 0 to 1."""

    model: str = ""
    """The folder of a model; empty: not measured."""
    minimum_quality_score: float = Field(default=0.0, ge=0, le=1)

    @property
    def enabled(self) -> bool:
        """Whether there is a model."""
        return bool(self.model)


class Perplexity(Section):
    """How surprising a text is to the n-gram model of `make quality-model`, per word; low is like the positive set."""

    model: str = ""
    """The folder of a model; empty: not measured."""
    maximum_perplexity: float = Field(default=1e9, gt=0)

    @property
    def enabled(self) -> bool:
        """Whether there is a model."""
        return bool(self.model)


Group = GopherQuality | GopherRepetition | LineCorrections | C4 | FineWeb | Classifier | Perplexity


class Quality(Section):
    """The rules of the papers, a group each."""

    reference: Literal["papers", "datatrove"] = "papers"
    """`datatrove` measures as datatrove 0.10 does, with its words and its defects, to be compared with it."""
    gopher_quality: GopherQuality = GopherQuality()
    gopher_repetition: GopherRepetition = GopherRepetition()
    line_corrections: LineCorrections = LineCorrections()
    c4: C4 = C4()
    fineweb: FineWeb = FineWeb()
    classifier: Classifier = Classifier()
    perplexity: Perplexity = Perplexity()

    def groups(self) -> Iterator[tuple[str, Section]]:
        """Yields the names and sections of the groups that are switched on, in the order in which they are applied.

        That of FineWeb begins with repetition; by default the cheaper and plainer rules come first.
        """
        prose: list[tuple[str, Group]] = [
            ("gopher_quality", self.gopher_quality),
            ("gopher_repetition", self.gopher_repetition),
        ]
        if self.reference == "datatrove":
            prose.reverse()
        groups: tuple[tuple[str, Group], ...] = (
            *prose,
            ("line_corrections", self.line_corrections),
            ("c4", self.c4),
            ("fineweb", self.fineweb),
            ("classifier", self.classifier),
            ("perplexity", self.perplexity),
        )
        for name, group in groups:
            if group.enabled:
                yield name, group

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        for name, group in self.groups():
            for key in type(group).model_fields:
                measure = key.removeprefix("minimum_")
                highest = getattr(group, f"maximum_{measure}", None) if measure != key else None
                if highest is not None and getattr(group, key) > highest:
                    raise ValueError(f"{name}.{key} is above {name}.maximum_{measure}: no text can pass")
        return self
