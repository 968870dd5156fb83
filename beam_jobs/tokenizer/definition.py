"""The tokenizer job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.tokenizer import shares
from beam_jobs.tokenizer.close import close
from beam_jobs.tokenizer.corpora import identities, is_joined
from beam_jobs.tokenizer.pretrained import pretrained_files, pretrained_hashes
from beam_jobs.units import Phase
from stages.recipe import Recipe

LIBRARIES = ("numpy", "pyarrow", "sentencepiece", "tokenizers")


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.tokenizer import across, collect, encode, mix, pack, sample, train

    return (
        Phase("collect", collect.plan, collect.work, collect.settings),
        Phase("repeated_ids", collect.plan_repeated, collect.work_repeated, collect.settings),
        Phase("across", across.plan, across.work, across.settings),
        Phase("mix", mix.plan, mix.work, mix.settings),
        Phase("sample", sample.plan, sample.work, sample.settings),
        Phase("train", train.plan, train.work, train.settings),
        Phase("encode", encode.plan, encode.work, encode.settings),
        Phase("pack", pack.plan, pack.work, pack.settings),
    )


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The corpora, named by the hashes of their manifests, and what else of the recipe decides the shards."""
    found: list[dict[str, object]] = [*identities(recipe), {"mixture": recipe.mixture.fingerprint()}]
    if is_joined(recipe):
        corpus = recipe.corpus
        found.append({"similarity": corpus.split.similarity, "shingles": corpus.near_duplicates.fingerprint()})
    if recipe.tokenizer.pretrained:
        found.append({"tokenizer": pretrained_hashes(recipe)})
    return found


def check(recipe: Recipe, _workers: int) -> None:
    """Tells what the corpora or a given tokenizer lack before hours of work."""
    shares.check(recipe)
    if recipe.tokenizer.pretrained:
        pretrained_files(recipe)


COMMAND = JobCommand("tokenizer", LIBRARIES, inputs, phases, close, check)
