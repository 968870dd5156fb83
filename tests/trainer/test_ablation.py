"""Small models: measured document by document, compared with the base, trained once and never twice."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stages.artifacts import Manifest, OutputFile, read_manifest, write_manifest
from stages.errors import GristmillError
from stages.recipe import Ablate, Recipe, load_recipe
from tests.trainer.tiny_run import Workspace
from trainer import ablate, ablation_pool
from trainer.ablation_models import train_model
from trainer.ablation_plot import drawn
from trainer.ablation_results import VariantResult, results
from trainer.evaluation import EvaluationRows, evaluate, losses_of_labels, predicted
from trainer.inputs import Inputs, open_inputs
from trainer.model import new_transformer

SECTION = """
[ablate]
seeds = 2
[ablate.pretrain]
steps = 3
batch_rows = 4
micro_batch_rows = 2
warmup_steps = 1
evaluation_rows = 6
device = "cpu"
[ablate.pretrain.model]
layers = 1
width = 16
heads = 2
key_value_heads = 1
"""


@pytest.fixture
def inputs(workspace: Workspace) -> Inputs:
    recipe = workspace.recipe()
    return open_inputs(recipe, read_manifest(recipe.folder("tokenizer"), "tokenizer"))


@pytest.fixture
def compared(workspace: Workspace) -> Workspace:
    """A recipe with two variants, whose data are those of the workspace."""
    with workspace.recipe_file.open("a") as file:
        file.write(SECTION)
    facts, files = [], {}
    for name in ("base", "with noise"):
        folder = f"variants/{name.replace(' ', '-')}"
        shutil.copytree(workspace.folder / "tokenizer", workspace.folder / "ablate" / "data" / folder / "tokenizer")
        manifest = read_manifest(str(workspace.folder / "tokenizer"), "tokenizer")
        files[f"{folder}/tokenizer"] = [
            OutputFile(f"{folder}/tokenizer/{file.path}", file.bytes, file.sha256, file.rows)
            for group in manifest.files.values()
            for file in group
        ]
        facts.append({"name": name, "folder": folder, "documents": 40, "tokens": 900, "rows": 20})
    write_manifest(str(workspace.folder / "ablate" / "data"), Manifest("ablate", files, {"variants": facts}))
    return workspace


def results_of(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.folder / "ablate" / "results.json").read_text())
    return found


def rows_of(inputs: Inputs, recipe: Recipe) -> EvaluationRows:
    return EvaluationRows(inputs.validation, recipe.pretrain.evaluation_rows, 2, inputs.tokenizer.token_bytes())


def test_the_losses_of_labels_sum_to_the_validation_loss(workspace: Workspace, inputs: Inputs) -> None:
    recipe = workspace.recipe()
    rows = rows_of(inputs, recipe)
    model = new_transformer(recipe.pretrain.model, inputs.tokenizer.vocabulary_size, 1)
    losses = losses_of_labels(model, rows, torch.device("cpu"))
    assert len(losses) == rows.tokens
    assert losses.sum().item() / rows.tokens == pytest.approx(
        evaluate(model, rows, torch.device("cpu")).validation_loss, rel=1e-6
    )


def test_every_label_belongs_to_the_document_of_its_token(workspace: Workspace, inputs: Inputs) -> None:
    rows = rows_of(inputs, workspace.recipe())
    expected: list[int] = []
    numbers: dict[int, int] = {}
    for index in range(6):
        row = inputs.validation.row(index)
        for start, end, one in zip([0, *row.doc_ends], row.doc_ends, row.doc_ids, strict=False):
            number = numbers.setdefault(one, len(numbers))
            expected += [number] * (end - start - 1)  # no document's first token is predicted
    assert rows.documents.tolist() == expected


def test_places_of_labels_are_those_that_are_not_ignored() -> None:
    assert predicted(torch.tensor([5, -100, 7, -100])).tolist() == [0, 2]


def test_a_model_is_a_function_of_its_seed(compared: Workspace, inputs: Inputs) -> None:
    recipe = compared.recipe()
    small = recipe.model_copy(update={"pretrain": recipe.ablate.pretrain.model_copy(update={"threads": 1})})
    first, again, other = (train_model(small, inputs, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.validation_loss != other.validation_loss
    assert sum(first.document_nats) / np.log(2.0) / sum(first.document_bytes) == pytest.approx(first.bits_per_byte)
    assert first.tokens_seen > 3 * 4 * 20


def measured(bits: Sequence[float], documents: Sequence[float]) -> list[dict[str, Any]]:
    """Measures of models with so many bits a byte, and with documents of 10 bytes with so many nats more."""
    return [
        {
            "bits_per_byte": one,
            "validation_loss": 2 * one,
            "document_nats": [10 * one * np.log(2.0) + more for more in documents],
            "document_bytes": [10] * len(documents),
        }
        for one in bits
    ]


def compare(bits: Sequence[float], documents: Sequence[float]) -> VariantResult:
    none = [0.0] * len(documents)
    variants = [{"name": name, "documents": 1, "tokens": 2} for name in ("base", "other")]
    found = {"base": measured([2.0, 2.1, 2.2], none), "other": measured(bits, documents)}
    return results(variants, found, Ablate(), seed=1)[1]


@pytest.mark.parametrize(
    ("bits", "documents", "verdict"),
    [
        ([2.1, 2.21, 2.3], [0.1, 0.0, 0.2, 0.1], "worse"),
        ([1.9, 2.01, 2.1], [-0.1, 0.0, -0.2, -0.1], "better"),
        ([2.1, 2.0, 2.3], [0.1, 0.0, 0.2, 0.1], ""),
        ([2.01, 2.111, 2.21], [9.0, -9.0, 9.0, -9.0], ""),
    ],
    ids=["worse", "better", "seeds disagree", "documents disagree"],
)
def test_a_verdict_needs_both_intervals(bits: list[float], documents: list[float], verdict: str) -> None:
    one = compare(bits, documents)
    assert one.difference is not None
    assert one.difference.verdict == verdict
    assert one.difference.over_seeds.mean == pytest.approx(np.mean(bits) - 2.1)


def test_the_plot_is_the_same_picture_every_time() -> None:
    found = [compare([2.0, 2.1, 2.3], [0.0, 0.1]), compare([2.2, 2.3, 2.4], [0.1, 0.1])]
    picture = drawn(found, "title")
    assert picture.startswith(b"\x89PNG")
    assert picture == drawn(found, "title")
    assert picture != drawn(found[:1], "title")


def test_variants_of_equal_data_do_not_differ(compared: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    ablate.main([*compared.arguments(), "--workers", "1"])
    base, other = results_of(compared)["variants"]
    assert base["difference"] is None
    assert other["difference"]["over_seeds"]["mean"] == 0.0
    assert other["models"] == base["models"]
    printed = capsys.readouterr().out
    assert "with noise" in printed and "of 1 variants without any effect" in printed
    ablate.main([*compared.arguments(), "--workers", "1"])
    assert "ablate: nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "trained"),
    [
        ("ablate.seeds=3", [("base", 3)]),
        ("ablate.pretrain.steps=2", [("base", 1), ("base", 2)]),
        ("ablate.confidence=0.9", []),
        ("pretrain.steps=7", []),
    ],
)
def test_only_models_that_a_change_concerns_are_trained_again_and_equal_ones_once(
    compared: Workspace, monkeypatch: pytest.MonkeyPatch, change: str, trained: list[tuple[str, int]]
) -> None:
    arguments = [*compared.arguments(), "--workers", "1"]
    ablate.main(arguments)
    whole, again = ablation_pool.train, list[tuple[str, int]]()

    def train(run: ablation_pool.SmallRun) -> dict[str, Any]:
        again.append((run.variant, run.seed))
        return whole(run)

    monkeypatch.setattr(ablation_pool, "train", train)
    ablate.main([*arguments, "--set", change])
    assert again == trained


def test_too_few_rows_name_the_variant_and_the_key(compared: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"ablate: base: 20 rows are fewer than ablate.pretrain.batch_rows = 64"):
        ablate.main(compared.arguments("ablate.pretrain.batch_rows=64"))


def test_a_damaged_shard_names_the_variant(compared: Workspace) -> None:
    shard = compared.folder / "ablate/data/variants/base/tokenizer/train-0.arrow"
    shard.write_bytes(shard.read_bytes()[:-1] + b"!")
    with pytest.raises(GristmillError, match=r"ablate: base: .*train-0.arrow: damaged"):
        ablate.main([*compared.arguments(), "--workers", "1"])


@pytest.mark.parametrize("key", ["checkpoint_every=5", "threads=2", "evaluate_every=5"])
def test_keys_that_mean_nothing_for_small_models_are_refused(compared: Workspace, key: str) -> None:
    with pytest.raises(GristmillError, match=f"ablate.pretrain: {key.split('=')[0]} means nothing"):
        compared.recipe(f"ablate.pretrain.{key}")


def test_small_models_are_small_by_default(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('name = "r"\n[[corpus.sources]]\nname = "a"\npaths = ["a"]\n[ablate.pretrain]\nsteps = 9\n')
    pretrain = load_recipe(path).ablate.pretrain
    assert (pretrain.steps, pretrain.batch_rows, pretrain.model.layers, pretrain.model.width) == (9, 8, 2, 128)
