"""What the stages that look at each text alone say of a record."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.document import Edit, Refusal
from stages.language import Identified

STAGES = ("read", "url", "screen", "extract", "language", "quality", "decontaminate")


@dataclass(frozen=True)
class Verdict:
    """How far a record came: the last stage that saw it, and why it went no further (None: it passed them all)."""

    stage: str
    refusal: Refusal | None
    text: str | None = None
    title: str | None = None
    published: str | None = None
    """The day on which the page says that it was published, YYYY-MM-DD."""
    language: Identified | None = None
    measurements: Mapping[str, float] | None = None
    """What the quality rules measured; None: the record did not come so far."""
    edits: tuple[Edit, ...] = ()
    """What was changed in the text since its extraction."""
