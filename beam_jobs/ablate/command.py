"""The way through all variants: texts once, then the variants, several at a time, then a manifest of them all."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from beam_jobs.ablate.linked import remove_folder, remove_leftovers
from beam_jobs.ablate.variants import Variant, texts_recipe, variants_of
from beam_jobs.command import make, on_beam
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
from beam_jobs.units import Job
from stages import artifacts
from stages.artifacts import Manifest, OutputFile, join
from stages.console import muted, say, worker_pool
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.command_line import add_workers, parsed_recipe, recipe_parser

NAME = "ablate"
VARIANTS = "variants"


def make_data(arguments: Sequence[str]) -> None:
    """Makes the shards of all variants, or says that there is nothing to do."""
    parser = recipe_parser("python -m beam_jobs.ablate")
    add_workers(parser)
    own = parser.parse_args(arguments)
    recipe = parsed_recipe(own)
    folder = join(recipe.folder(NAME), "data")
    if not artifacts.is_local(folder):
        raise GristmillError(f"{folder}: small models are trained from local files; set output to a local folder")
    fingerprint = _fingerprint(recipe)
    if artifacts.is_finished(folder, fingerprint):
        say(f"ablate: nothing to do, {folder} is up to date")
        return
    with artifacts.sole_writer(folder):
        artifacts.remove(join(folder, artifacts.MANIFEST))
        remove_leftovers(Path(folder, VARIANTS))
        variants = _variants(recipe, folder, own.workers)
        manifests = _make_all(variants, own.workers)
        _remove_others(variants, Path(folder, VARIANTS))
        artifacts.write_manifest(folder, _manifest(variants, manifests))
        artifacts.mark_finished(folder, fingerprint)
    say(f"ablate: the data of {len(variants)} variants is in {folder}")


def _fingerprint(recipe: Recipe) -> str:
    """Of all that decides the data: the corpus and the tokenizer that it is measured with, settings and code."""
    finished = [artifacts.read_manifest(recipe.folder(job), job).sha256 for job in ("corpus", "tokenizer")]
    states = [artifacts.read_json(join(recipe.folder(job), artifacts.STATE)) for job in ("corpus", "tokenizer")]
    ablate = recipe.ablate.model_dump(mode="json", exclude={"seeds", "confidence", "pretrain"})
    sections = [section.fingerprint() for section in (recipe.corpus, recipe.tokenizer, recipe.mixture)]
    versions = artifacts.library_versions(sorted({*CORPUS.libraries, *TOKENIZER.libraries}))
    code = artifacts.code_version("beam_jobs.ablate.command")
    return artifacts.fingerprint_of(finished, states, ablate, sections, recipe.seed, versions, code)


def _variants(recipe: Recipe, folder: str, workers: int) -> list[Variant]:
    """Extracts all texts, and says which variants of them there are to be."""
    from beam_jobs.ablate.texts import source_lists

    texts = texts_recipe(recipe, join(folder, "texts"))
    say("ablate: the texts that all variants are made of")
    make(replace(CORPUS, close=_close_quietly), texts, workers, on_beam("", workers, ()))
    return variants_of(recipe, source_lists(texts), join(folder, VARIANTS))


def _close_quietly(job: Job) -> Manifest:
    with muted():
        return CORPUS.close(job)


def _make_all(variants: Sequence[Variant], workers: int) -> list[Manifest]:
    """The manifests of the shards of all variants, in their order."""
    began, found = time.monotonic(), {}
    for name, manifest in _made_here(variants) if workers == 1 else _made_in_pool(variants, workers):
        found[name] = manifest
        train = manifest.facts["splits"]["train"]
        say(
            f"ablate: {len(found)}/{len(variants)} {name}: {train['documents']:,} documents,"
            f" {train['tokens'] / 1e6:.1f} M tokens, after {time.monotonic() - began:.0f} s"
        )
    return [found[variant.name] for variant in variants]


def _made_here(variants: Sequence[Variant]) -> Iterator[tuple[str, Manifest]]:
    from beam_jobs.ablate.make import make_variant

    for variant in variants:
        yield variant.name, make_variant(variant, variants[0])


def _made_in_pool(variants: Sequence[Variant], workers: int) -> Iterator[tuple[str, Manifest]]:
    """Yields the variants as they are finished, each made by one process; those like the base come after it."""
    from beam_jobs.ablate.make import make_variant

    base = variants[0]
    pool = worker_pool(workers)
    running: dict[Future[Manifest], Variant] = {}

    def begin(like_base: bool) -> None:
        running.update({pool.submit(make_variant, one, base): one for one in variants if one.like_base == like_base})

    try:
        begin(like_base=False)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                variant = running.pop(future)
                yield variant.name, future.result()
                if variant == base:
                    begin(like_base=True)
    except BrokenProcessPool as error:
        raise GristmillError(
            "ablate: a worker process died, perhaps for want of memory: run the same command again to go on, with"
            " fewer WORKERS"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _remove_others(variants: Sequence[Variant], folder: Path) -> None:
    """Removes the folders of variants that the recipe has no more."""
    kept = {Path(variant.folder).name for variant in variants}
    for path in folder.iterdir():
        if path.name not in kept:
            remove_folder(path)


def _manifest(variants: Sequence[Variant], manifests: Sequence[Manifest]) -> Manifest:
    """Lists the variants, the base first, and all files that training reads."""
    facts = [
        {"name": variant.name, "folder": f"{VARIANTS}/{Path(variant.folder).name}", **manifest.facts["splits"]["train"]}
        for variant, manifest in zip(variants, manifests, strict=True)
    ]
    files = {
        f"{fact['folder']}/tokenizer": [
            OutputFile(f"{fact['folder']}/tokenizer/{file.path}", file.bytes, file.sha256, file.rows)
            for group in manifest.files.values()
            for file in group
        ]
        for fact, manifest in zip(facts, manifests, strict=True)
    }
    return Manifest(NAME, files, {"variants": facts})
