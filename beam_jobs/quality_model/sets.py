"""The positive and the negative set: which sources and files they are made of, and how their texts are taken."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from beam_jobs.corpus.inputs import InputFile, resolve_inputs
from stages.document import Record, identifier
from stages.errors import GristmillError
from stages.recipe import (
    C4,
    Decontamination,
    FineWeb,
    GopherQuality,
    GopherRepetition,
    NearDuplicates,
    Quality,
    Recipe,
    RepeatedText,
    Source,
)

POSITIVE, NEGATIVE = "positive", "negative"
SETS = (POSITIVE, NEGATIVE)
DEFAULT_FORMATS = {POSITIVE: "mediawiki", NEGATIVE: "warc"}
NO_QUALITY = Quality(
    gopher_quality=GopherQuality(enabled=False, minimum_words=0),
    gopher_repetition=GopherRepetition(enabled=False),
    c4=C4(enabled=False),
    fineweb=FineWeb(enabled=False),
)
"""Nothing is refused for its quality: it is what the models are to learn."""


def training_recipe(recipe: Recipe) -> Recipe:
    """The recipe by which texts are taken: that of the corpus without its rules on quality, and the sets as sources.

    Each source is named `<set>:<name>`.
    """
    corpus = recipe.corpus
    sources = [
        source.model_copy(update={"name": f"{each}:{source.name}"})
        for each in SETS
        for source in _sources(recipe, each).values()
    ]
    changes = {
        "sources": tuple(sources),
        "quality": NO_QUALITY,
        "cleaning": corpus.cleaning.model_copy(update={"mask_personal_data": ()}),
        "decontamination": Decontamination(),
        "repeated_text": RepeatedText(),
        "near_duplicates": NearDuplicates(),
        "keep_removed_text": False,
    }
    return recipe.model_copy(update={"corpus": corpus.model_copy(update=changes)})


def set_of(source: str) -> str:
    """The set of a source by its name in the training recipe."""
    return source.partition(":")[0]


def draw_of(record: Record, seed: int) -> int:
    """A 64-bit number that depends on the record's identity and the seed alone: the lowest are taken."""
    return identifier(f"quality model:{seed}:{record.id}")


def set_files(recipe: Recipe) -> list[InputFile]:
    """The files of both sets, under the names of the training recipe's sources; an empty set is a GristmillError."""
    by_set = {each: _sources(recipe, each) for each in SETS}
    every = {name: source for sources in by_set.values() for name, source in sources.items()}
    found = resolve_inputs(list(every.values()), recipe.corpus.reading.http)
    files: list[InputFile] = []
    for each in SETS:
        of_format = DEFAULT_FORMATS[each] if _wanted(recipe, each).by_default else None
        own = [file for file in found if file.source in by_set[each] and of_format in (None, file.format)]
        if not any(file.size for file in own):
            raise GristmillError(
                f"quality_model.{each}: no source of the corpus has files of format {DEFAULT_FORMATS[each]}; "
                f"name sources in {each}, or files in {each}_files"
            )
        files.extend(replace(file, source=f"{each}:{file.source}") for file in own)
    return files


class _Wanted(NamedTuple):
    """What the recipe names for a set."""

    names: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def by_default(self) -> bool:
        return not self.names and not self.files


def _wanted(recipe: Recipe, each: str) -> _Wanted:
    section = recipe.quality_model
    if each == POSITIVE:
        return _Wanted(section.positive, section.positive_files)
    return _Wanted(section.negative, section.negative_files)


def _sources(recipe: Recipe, each: str) -> Mapping[str, Source]:
    """The sources that a set is made of, or by default may be, by name."""
    every = {source.name: source for source in recipe.corpus.sources}
    names, files = _wanted(recipe, each)
    others = {name for other in SETS if other != each for name in _wanted(recipe, other).names}
    for name in names:
        if name not in every:
            raise GristmillError(f"quality_model.{each}: no source {name!r} in corpus.sources: {', '.join(every)}")
        if name in others:
            raise GristmillError(f"quality_model.{each}: source {name!r} is in both sets; name it in one of them")
    if _wanted(recipe, each).by_default:
        possible = {name: source for name, source in every.items() if _may_be(source, DEFAULT_FORMATS[each])}
        return {name: source for name, source in possible.items() if name not in others}
    own = f"quality_model.{each}_files"
    from_files = {own: Source(name=own, paths=files)} if files else {}
    return {**{name: every[name] for name in names}, **from_files}


def _may_be(source: Source, wanted: str) -> bool:
    published = "warc" if source.crawl else "mediawiki" if source.wikipedia else source.format
    return published in ("auto", wanted)
