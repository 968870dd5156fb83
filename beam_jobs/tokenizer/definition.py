"""The tokenizer job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.tokenizer.close import close
from beam_jobs.units import Phase
from stages.artifacts import read_manifest
from stages.recipe import Recipe

LIBRARIES = ("numpy", "pyarrow", "sentencepiece", "tokenizers")


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.tokenizer import encode, pack, sample, train

    return (
        Phase("sample", sample.plan, sample.work, sample.settings),
        Phase("train", train.plan, train.work, train.settings),
        Phase("encode", encode.plan, encode.work, encode.settings),
        Phase("pack", pack.plan, pack.work, pack.settings),
    )


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The corpus, named by the hash of its manifest."""
    manifest = read_manifest(recipe.folder("corpus"), "corpus")
    return [{"corpus": manifest.sha256}]


COMMAND = JobCommand("tokenizer", LIBRARIES, inputs, phases, close)
