"""The tokenizer job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.tokenizer import shares
from beam_jobs.tokenizer.close import close
from beam_jobs.tokenizer.compared import check_compared, compared_tokenizers
from beam_jobs.tokenizer.corpora import identities, is_joined
from beam_jobs.tokenizer.pretrained import pretrained_files, pretrained_hashes
from beam_jobs.units import Phase
from stages.recipe import Recipe

LIBRARIES = ("numpy", "pyarrow", "sentencepiece", "tokenizers")


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.tokenizer import encode, measure, pack, train

    return (
        *sample_phases(),
        Phase("train", train.plan, train.work, train.settings),
        Phase("measure", measure.plan, measure.work, measure.settings),
        Phase("encode", encode.plan, encode.work, encode.settings),
        Phase("pack", pack.plan, pack.work, pack.settings),
    )


def sample_phases() -> Sequence[Phase]:
    """The phases from the corpora to the text that a tokenizer is trained and measured on."""
    from beam_jobs.tokenizer import across, collect, count, draw, mix, sample

    return (
        Phase("collect", collect.plan, collect.work, collect.settings),
        Phase("repeated_ids", collect.plan_repeated, collect.work_repeated, collect.settings),
        Phase("across", across.plan, across.work, across.settings),
        Phase("mix", mix.plan, mix.work, mix.settings),
        Phase("count", count.plan, count.work, count.settings),
        Phase("draw", draw.plan, draw.work, draw.settings),
        Phase("sample", sample.plan, sample.work, sample.settings),
    )


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The corpora, and what else of the recipe decides the shards and the report."""
    found: list[dict[str, object]] = [*corpus_inputs(recipe), {"mixture": recipe.mixture.fingerprint()}]
    if recipe.tokenizer.pretrained:
        found.append({"tokenizer": pretrained_hashes(recipe)})
    found += [{"compared": one} for one in compared_tokenizers(recipe)]
    return found


def corpus_inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The corpora, named by the hashes of their manifests, and how they are joined."""
    found: list[dict[str, object]] = [*identities(recipe)]
    if is_joined(recipe):
        corpus = recipe.corpus
        found.append({"similarity": corpus.split.similarity, "shingles": corpus.near_duplicates.fingerprint()})
    return found


def check(recipe: Recipe, _workers: int) -> None:
    """Tells what the corpora or a given tokenizer lack before hours of work."""
    shares.check(recipe)
    if recipe.tokenizer.pretrained:
        pretrained_files(recipe)
    check_compared(recipe)


COMMAND = JobCommand("tokenizer", LIBRARIES, inputs, phases, close, check)
