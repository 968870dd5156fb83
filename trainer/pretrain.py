"""The command `make pretrain`: trains the model of a recipe, or goes on where an earlier run stopped.

    python -m trainer.pretrain --recipe recipes/sample.toml [--set pretrain.steps=200 ...]

Light on purpose: whether there is anything to do, and anything to do it with, is known before torch is imported.
"""

import os
from collections.abc import Sequence

from stages.artifacts import (
    code_version,
    fingerprint_of,
    is_finished,
    is_local,
    library_versions,
    read_manifest,
    sole_writer,
)
from stages.console import run_command, say
from stages.errors import GristmillError
from stages.recipe.command_line import parsed_recipe, recipe_parser
from trainer.export_layouts import layout_of
from trainer.inputs import hash_of_embeddings, open_inputs

LIBRARIES = ("numpy", "safetensors", "torch", "transformers")
"""Their versions decide the bytes of a trained model and of its directory."""


def main(arguments: Sequence[str]) -> None:
    """Trains, unless the result of the same recipe, data and code is there already."""
    parser = recipe_parser("python -m trainer.pretrain", __doc__.splitlines()[0])
    recipe = parsed_recipe(parser.parse_args(arguments))
    folder = recipe.folder("pretrain")
    if not is_local(folder):
        raise GristmillError(f"{folder}: training reads and writes local files; copy the shards and set output")
    layout_of(recipe.pretrain.model)  # a model that could not be exported is an error before it is trained
    vectors = hash_of_embeddings(recipe.pretrain.model)
    manifest = read_manifest(recipe.folder("tokenizer"), "tokenizer")
    environment = {"code": code_version("trainer.pretrain"), **library_versions(LIBRARIES)}
    fingerprint = fingerprint_of(recipe.pretrain.fingerprint(), recipe.seed, manifest.sha256, environment, vectors)
    if is_finished(folder, fingerprint):
        say(f"pretrain: nothing to do ({folder})")
        return
    with sole_writer(folder):
        inputs = open_inputs(recipe, manifest)
        # Threads of OpenMP that spin while they wait take time from those that work, where cores are shared: on two
        # virtual cores training then takes twice as long.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from trainer.run import Run

        Run(recipe, inputs, environment).complete(fingerprint)


if __name__ == "__main__":
    run_command(main)
