"""Which variants a recipe compares, and the recipe of each: pure functions.

All variants are made of the same texts. Two recipes share those stages that change a text or refuse it: that of the
texts does all up to the language, those of the variants all from the quality rules on.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from stages.errors import GristmillError
from stages.recipe import (
    Corpus,
    Curriculum,
    Decontamination,
    Language,
    Limits,
    NearDuplicates,
    Quality,
    Recipe,
    RepeatedText,
    Section,
    Source,
    Split,
    TokenizerReport,
    Urls,
)

AnySection = TypeVar("AnySection", bound=Section)
Made = tuple[str, Recipe, bool]
"""A variant without its folder."""

BASE = "base"
READABLE_CHARACTERS = 60
LANGUAGE_CHARACTERS = 500
"""How much is read of a text that is in a wanted language already, to tell which it is; to identify the language of
2,000 characters, as by default, takes a third of the time of a variant."""


@dataclass(frozen=True)
class Variant:
    """One variant of the corpus: what it is called, and the recipe that makes its documents and shards."""

    name: str
    recipe: Recipe
    like_base: bool = False
    """Whether it has most phases in common with the base, and is better made after it."""

    @property
    def folder(self) -> str:
        """The folder of its corpus and shards."""
        return self.recipe.output


def texts_recipe(recipe: Recipe, folder: str) -> Recipe:
    """The recipe that keeps every text in a wanted language, with nothing cut or masked."""
    corpus = recipe.corpus
    return recipe.model_copy(
        update={
            "output": folder,
            "corpus": _changed(
                corpus,
                quality=_without_rules(corpus.quality),
                decontamination=Decontamination(),
                repeated_text=RepeatedText(),
                cleaning=_changed(corpus.cleaning, mask_personal_data=()),
                near_duplicates=_changed(_all_duplicates(corpus), write_index=False, keep_text=False),
                split=_all_training(corpus),
                augmentation=(),
                keep_removed_text=False,
                limits=_changed(corpus.limits, minimum_kept_share=0.0),
            ),
        }
    )


def variants_of(recipe: Recipe, lists: Mapping[str, str], folder: str) -> list[Variant]:
    """The variants that a recipe asks for, the base first.

    `lists` holds the path of the list of files with the texts of each source; a source that has none is left out.
    GristmillError if there is nothing to compare the base with.
    """
    base = _base(recipe, lists)
    every = [(BASE, base, False), *_filters(base, recipe), *_near_duplicates(base, recipe), *_sources(base, recipe)]
    every += _augmentation(base, recipe)
    if len(every) == 1:
        raise GristmillError("ablate: there is nothing to compare: turn something on in [ablate] or in [corpus]")
    return [
        Variant(name, one.model_copy(update={"output": f"{folder}/{folder_name(name)}"}), like_base)
        for name, one, like_base in every
    ]


def folder_name(name: str) -> str:
    """The name of a variant as that of a folder: readable, and with a hash that tells it from all others."""
    readable = re.sub(r"[^a-z0-9.=]+", "-", name.lower())[:READABLE_CHARACTERS].strip("-")
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _base(recipe: Recipe, lists: Mapping[str, str]) -> Recipe:
    corpus = recipe.corpus
    sources = tuple(
        Source(
            name=source.name,
            format="parquet",
            path_list=lists[source.name],
            id_column="id",
            url_column="url",
            title_column="title",
            date_column="date",
        )
        for source in corpus.sources
        if source.name in lists
    )
    tokenizer, held_out = f"{recipe.folder('tokenizer')}/tokenizer", recipe.mixture.held_out or recipe.folder("corpus")
    return recipe.model_copy(
        update={
            "corpus": _changed(
                corpus,
                sources=sources,
                # No parser sees these texts: a process of their own for parsers would only have to be started.
                isolation=_changed(corpus.isolation, enabled=False),
                urls=Urls(),
                language=Language(
                    keep=(),
                    threshold=0.0,
                    maximum_characters=min(corpus.language.maximum_characters, LANGUAGE_CHARACTERS),
                ),
                cleaning=_changed(corpus.cleaning, fix_encoding=False),
                near_duplicates=_changed(corpus.near_duplicates, write_index=False, keep_text=False),
                split=_all_training(corpus),
                augmentation=(),
                keep_removed_text=False,
                limits=Limits(minimum_kept_share=0.0),
            ),
            "tokenizer": _changed(recipe.tokenizer, pretrained=tokenizer, report=TokenizerReport(megabytes=0.0)),
            # Small models see a part of one epoch, which would be the first stages of a curriculum.
            "mixture": _changed(recipe.mixture, held_out=held_out, curriculum=Curriculum()),
        }
    )


def _filters(base: Recipe, recipe: Recipe) -> Iterator[Made]:
    if not recipe.ablate.filters:
        return
    corpus = base.corpus
    for name, group in corpus.quality.groups():
        yield f"without {name}", _with_corpus(base, quality=_changed(corpus.quality, **{name: _off(group)})), False
    if corpus.decontamination.files:
        yield "without decontamination", _with_corpus(base, decontamination=Decontamination()), False
    if corpus.repeated_text.unit != "none":
        yield "without repeated_text", _with_corpus(base, repeated_text=RepeatedText()), False


def _near_duplicates(base: Recipe, recipe: Recipe) -> Iterator[Made]:
    if recipe.ablate.near_duplicates and recipe.corpus.near_duplicates.enabled:
        yield "with near-duplicates", _with_corpus(base, near_duplicates=_all_duplicates(base.corpus)), True


def _sources(base: Recipe, recipe: Recipe) -> Iterator[Made]:
    mixture = base.mixture
    names = [source.name for source in base.corpus.sources]
    key = "weights" if mixture.weights else "epochs"
    shares: dict[str, float] = getattr(mixture, key)
    # With weights, a source that is not named has none.
    seen = [name for name in names if shares.get(name, 0.0 if mixture.weights else 1.0) > 0]
    if not recipe.ablate.sources or len(seen) < 2:
        return
    for name in seen:
        without = _changed(mixture, **{key: {**shares, name: 0.0}})
        yield f"without source {name}", base.model_copy(update={"mixture": without}), True


def _augmentation(base: Recipe, recipe: Recipe) -> Iterator[Made]:
    for one in recipe.ablate.augmentation or recipe.corpus.augmentation:
        yield f"with {one.name}, share {one.share:g}", _with_corpus(base, augmentation=(one,)), True


def _without_rules(quality: Quality) -> Quality:
    return _changed(quality, **{name: _off(group) for name, group in quality.groups()})


def _off(group: Section) -> Section:
    """A group of quality rules, switched off: those with a model are off without it."""
    return _changed(group, **({"enabled": False} if "enabled" in type(group).model_fields else {"model": ""}))


def _all_duplicates(corpus: Corpus) -> NearDuplicates:
    return _changed(corpus.near_duplicates, enabled=False, one_per_url="off", index=())


def _all_training(corpus: Corpus) -> Split:
    """None is held out: models are measured on documents of the recipe's own corpus."""
    return _changed(corpus.split, validation=0.0, test=0.0)


def _with_corpus(recipe: Recipe, **values: Any) -> Recipe:
    return recipe.model_copy(update={"corpus": _changed(recipe.corpus, **values)})


def _changed(section: AnySection, **values: Any) -> AnySection:
    return section.model_copy(update=values)
