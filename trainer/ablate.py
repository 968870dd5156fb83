"""The command behind `make ablate`: trains the small models, and tells how much each variant of the corpus changes.

    python -m trainer.ablate --recipe recipes/sample.toml [--workers 2] [--set ablate.seeds=5 ...]

Light on purpose: whether there is anything to do is known before torch is imported.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.artifacts import (
    Manifest,
    OutputFile,
    code_version,
    fingerprint_of,
    is_finished,
    join,
    library_versions,
    mark_finished,
    read_manifest,
    sha256_of,
    sole_writer,
    write_bytes,
    write_json,
    write_manifest,
)
from stages.console import progress_bars, run_command, say
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.ablate import UNREAD
from stages.recipe.command_line import add_workers, parsed_recipe, recipe_parser
from trainer.ablation_plot import drawn
from trainer.ablation_pool import SmallRun, marker_path, measures
from trainer.ablation_results import VariantResult, results, show
from trainer.inputs import hash_of_embeddings

LIBRARIES = ("numpy", "scipy", "torch")
"""Their versions decide the measures."""
SPLITS = ("train", "validation", "tokenizer")
"""What training reads of a variant."""


def main(arguments: Sequence[str]) -> None:
    """Trains the models that are missing and tells the results, unless those are there already."""
    parser = recipe_parser("python -m trainer.ablate", __doc__.splitlines()[0])
    add_workers(parser)
    own = parser.parse_args(arguments)
    recipe = parsed_recipe(own)
    folder = recipe.folder("ablate")
    data = read_manifest(join(folder, "data"), "ablate")
    versions = library_versions(LIBRARIES)
    fingerprint = fingerprint_of(_settings(recipe), data.sha256, code_version("trainer.ablate"), versions)
    if is_finished(folder, fingerprint):
        say(f"ablate: nothing to do ({folder})")
        return
    with sole_writer(folder):
        variants: list[dict[str, Any]] = data.facts["variants"]
        _check_rows(variants, recipe)
        found = _measured(recipe, data, versions, own.workers)
        _write(recipe, variants, found, data.sha256)
        mark_finished(folder, fingerprint)


def _settings(recipe: Recipe) -> list[Any]:
    ablate = recipe.ablate.model_dump(mode="json", include={"seeds", "confidence"})
    return [ablate, _model_settings(recipe), recipe.seed]


def _model_settings(recipe: Recipe) -> dict[str, Any]:
    """What decides a model beside its data and seed."""
    settings = recipe.ablate.pretrain.model_dump(mode="json", exclude=set(UNREAD))
    return {**settings, "vectors": hash_of_embeddings(recipe.ablate.pretrain.model)}


def _check_rows(variants: Sequence[Mapping[str, Any]], recipe: Recipe) -> None:
    least = recipe.ablate.pretrain.batch_rows
    for variant in variants:
        if variant["rows"] < least:
            raise GristmillError(
                f"ablate: {variant['name']}: {variant['rows']} rows are fewer than ablate.pretrain.batch_rows ="
                f" {least}; lower it, or leave this variant out in [ablate]"
            )


def _measured(
    recipe: Recipe, data: Manifest, versions: Mapping[str, str], workers: int
) -> dict[str, list[dict[str, Any]]]:
    """The measures of all models by variant, in the order of their seeds; says how it goes on."""
    import torch

    on_gpu = torch.cuda.is_available() and recipe.ablate.pretrain.device != "cpu"
    environment = {"code": code_version("trainer.ablation_pool"), "device": "cuda" if on_gpu else "cpu", **versions}
    runs = _runs(recipe, data, environment)
    _remove_others(runs, Path(recipe.folder("ablate"), "models"))
    found: dict[str, dict[int, dict[str, Any]]] = {}
    with progress_bars() as bars:
        bar = bars.add_task("models", total=len(runs), rate="")
        for run, measured in measures(runs, workers, on_gpu):
            of_variant = found.setdefault(run.variant, {})
            of_variant[run.seed] = measured
            bars.update(bar, advance=1)
            if len(of_variant) == recipe.ablate.seeds:
                losses = "  ".join(f"{of_variant[seed]['validation_loss']:.3f}" for seed in sorted(of_variant))
                say(f"ablate: {run.variant}: validation losses {losses}")
    return {variant: [models[seed] for seed in sorted(models)] for variant, models in found.items()}


def _runs(recipe: Recipe, data: Manifest, environment: Mapping[str, Any]) -> list[SmallRun]:
    """All models, variant by variant, the base first."""
    folder = recipe.folder("ablate")
    # One thread each, always: another number could change the last bits.
    settings = recipe.ablate.pretrain.model_copy(update={"threads": 1})
    runs = []
    for variant in data.facts["variants"]:
        job = f"{variant['folder']}/tokenizer"
        of_training = [file.sha256 for file in data.files[job] if file.path.removeprefix(f"{job}/").startswith(SPLITS)]
        own = recipe.model_copy(update={"output": join(folder, "data", variant["folder"]), "pretrain": settings})
        for seed in range(recipe.seed, recipe.seed + recipe.ablate.seeds):
            key = fingerprint_of(_model_settings(recipe), of_training, seed, dict(environment))
            marker = marker_path(folder, Path(variant["folder"]).name, seed)
            runs.append(SmallRun(variant["name"], seed, own, key, marker))
    return runs


def _remove_others(runs: Sequence[SmallRun], folder: Path) -> None:
    """Removes the markers of variants and seeds that the recipe has no more."""
    kept = {Path(run.marker) for run in runs}
    for path in folder.glob("*/*"):
        if path not in kept:
            path.unlink()
    for path in folder.glob("*"):
        if not any(path.iterdir()):
            shutil.rmtree(path)


def _write(
    recipe: Recipe,
    variants: Sequence[Mapping[str, Any]],
    found: Mapping[str, Sequence[dict[str, Any]]],
    data: str,
) -> None:
    """Writes results, plot and manifest, and prints the table."""
    folder, settings = recipe.folder("ablate"), recipe.ablate
    of_variants = results(variants, found, settings, recipe.seed)
    sizes = found[variants[0]["name"]][0]["document_bytes"]
    yardstick = {"documents": len(sizes), "bytes": sum(sizes)}
    facts = {
        "settings": {"confidence": settings.confidence, "seeds": settings.seeds, "pretrain": _model_settings(recipe)},
        "seed": recipe.seed,
        "data": data,
        "yardstick": yardstick,
    }
    write_json(join(folder, "results.json"), {**facts, "variants": [one.to_json() for one in of_variants]})
    write_bytes(join(folder, "ablation.png"), drawn(of_variants, _title(recipe, of_variants)))
    files = {name: [_output(folder, name)] for name in ("results.json", "ablation.png")}
    write_manifest(folder, Manifest("ablate", files, facts))
    show(of_variants, settings, yardstick)
    say(f"written: {join(folder, 'results.json')}  {join(folder, 'ablation.png')}")


def _title(recipe: Recipe, found: Sequence[VariantResult]) -> str:
    first, settings = found[0].models[0], recipe.ablate
    return (
        f"{recipe.name}: {settings.seeds} models of {first['parameters']:,} parameters a variant, "
        f"{first['tokens_seen']:,} tokens each\n{settings.confidence:.0%} intervals over seeds (thick) and over"
        " validation documents (thin)"
    )


def _output(folder: str, name: str) -> OutputFile:
    path = join(folder, name)
    return OutputFile(name, Path(path).stat().st_size, sha256_of(path), 0)


if __name__ == "__main__":
    run_command(main)
