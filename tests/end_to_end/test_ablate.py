"""A whole comparison on the tiny world: data of all variants, small models, a table; resumed, repeated, in parallel."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.ablate.command import make_data
from beam_jobs.ablate.variants import Variant
from stages.artifacts import list_files, sha256_of
from stages.errors import GristmillError
from tests.end_to_end.world import RECIPE, World
from trainer import ablate

SECTION = """
[ablate]
seeds = 2
sources = false
[[ablate.augmentation]]
augmenter = "keyboard"
share = 0.5
rate = 0.2
[ablate.pretrain]
steps = 4
batch_rows = 4
micro_batch_rows = 4
warmup_steps = 1
evaluation_rows = 16
device = "cpu"
[ablate.pretrain.model]
layers = 1
width = 16
heads = 1
key_value_heads = 1
"""
NAMES = ["base", "without gopher_quality", "without gopher_repetition", "with near-duplicates"]
NAMES.append("with keyboard(rate=0.2), share 0.5")


class Comparison:
    """A folder with the finished corpus and tokenizer of the tiny world, and what is compared in it."""

    def __init__(self, world: World, output: Path):
        self.output = output
        self.recipe = world.recipe(output, RECIPE + SECTION)

    def data(self, *overrides: str, workers: int = 1) -> None:
        make_data(self._arguments(overrides, workers))

    def models(self, *overrides: str, workers: int = 1) -> None:
        ablate.main(self._arguments(overrides, workers))

    def _arguments(self, overrides: tuple[str, ...], workers: int) -> list[str]:
        settings = [part for one in overrides for part in ("--set", one)]
        return ["--recipe", str(self.recipe), "--workers", str(workers), *settings]

    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "ablate" / "results.json").read_text())
        return found

    def made_at(self) -> dict[Path, int]:
        """When each result of a variant was written."""
        paths = self.output.glob("ablate/data/variants/*/*/manifest.json")
        return {path: path.stat().st_mtime_ns for path in (*paths, *self.output.glob("ablate/models/*/*"))}

    def shards(self) -> dict[str, str]:
        """The hashes of the shards of all variants, by path."""
        folder = self.output / "ablate" / "data" / "variants"
        names = [name for name in list_files(str(folder)) if name.endswith(".arrow") and "work" not in Path(name).parts]
        return {name: sha256_of(folder / name) for name in names}


@pytest.fixture(scope="module")
def compared(world: World, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A whole comparison, made in this process."""
    output = tmp_path_factory.mktemp("ablate") / "out"
    shutil.copytree(finished, output)
    comparison = Comparison(world, output)
    comparison.data()
    comparison.models()
    return comparison


def copied(compared: Comparison, world: World, output: Path) -> Comparison:
    shutil.copytree(compared.output, output)
    return Comparison(world, output)


def test_every_variant_is_measured_on_the_same_documents(compared: Comparison) -> None:
    results = compared.results()
    assert [one["name"] for one in results["variants"]] == NAMES
    files = compared.output.glob("ablate/data/variants/*/tokenizer/validation/*.arrow")
    assert len({sha256_of(path) for path in files}) == 1
    assert len(list(compared.output.glob("ablate/data/variants/*/tokenizer/validation/*.arrow"))) == len(NAMES)


def test_the_numbers_of_documents_are_those_of_the_shards(compared: Comparison) -> None:
    by_name = {one["name"]: one for one in compared.results()["variants"]}
    assert by_name["without gopher_quality"]["documents"] > by_name["base"]["documents"]
    assert by_name["with near-duplicates"]["documents"] > by_name["base"]["documents"]
    assert by_name[NAMES[-1]]["documents"] > by_name["base"]["documents"]
    for one in by_name.values():
        assert len(one["models"]) == 2
        assert one["validation_loss"] == pytest.approx(sum(model["validation_loss"] for model in one["models"]) / 2)


def test_a_second_run_does_nothing_and_says_so(compared: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    compared.data()
    compared.models()
    assert capsys.readouterr().out.count("ablate: nothing to do") == 2


def test_processes_change_nothing(compared: Comparison, world: World, finished: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    shutil.copytree(finished, output)
    other = Comparison(world, output)
    other.data(workers=2)
    other.models(workers=2)
    assert other.shards() == compared.shards()
    assert {**other.results(), "data": ""} == {**compared.results(), "data": ""}
    assert (output / "ablate" / "ablation.png").read_bytes() == (
        compared.output / "ablate" / "ablation.png"
    ).read_bytes()


def test_data_that_was_ended_in_the_middle_goes_on(
    compared: Comparison, world: World, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beam_jobs.ablate import make

    output = tmp_path / "out"
    shutil.copytree(finished, output)
    other = Comparison(world, output)
    whole, made = make.make_variant, list[str]()

    def until_the_third(variant: Variant, base: Variant) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(variant.name)
        return whole(variant, base)

    with monkeypatch.context() as patched:
        patched.setattr(make, "make_variant", until_the_third)
        with pytest.raises(KeyboardInterrupt):
            other.data()
    before = {path: path.stat().st_mtime_ns for path in output.glob("ablate/data/variants/*/tokenizer/train/*")}
    assert before
    other.data()
    assert other.shards() == compared.shards()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_models_that_were_ended_in_the_middle_go_on(
    compared: Comparison, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer import ablation_pool

    other = copied(compared, world, tmp_path / "out")
    whole = ablation_pool.train
    trained: list[tuple[str, int]] = []

    def until(count: int) -> None:
        def train(run: ablation_pool.SmallRun) -> dict[str, Any]:
            if len(trained) == count:
                raise KeyboardInterrupt
            trained.append((run.variant, run.seed))
            return whole(run)

        monkeypatch.setattr(ablation_pool, "train", train)

    shutil.rmtree(other.output / "ablate" / "models")
    (other.output / "ablate" / "_state.json").unlink()
    until(3)
    with pytest.raises(KeyboardInterrupt):
        other.models()
    until(100)
    other.models()
    assert len(trained) == len(set(trained)) == 2 * len(NAMES)
    assert other.results() == compared.results()


def test_a_variant_less_leaves_the_others_as_they_are(compared: Comparison, world: World, tmp_path: Path) -> None:
    other = copied(compared, world, tmp_path / "out")
    (other.output / "ablate" / "data" / "_state.json").unlink()
    other.data()  # another folder is another source of texts
    other.models()
    before = other.made_at()
    other.data("ablate.near_duplicates=false")
    other.models("ablate.near_duplicates=false")
    assert other.made_at().items() < before.items()
    names = [one["name"] for one in other.results()["variants"]]
    assert names == [name for name in NAMES if name != "with near-duplicates"]
    assert not list(other.output.glob("ablate/*/*near-dup*")) + list(other.output.glob("ablate/data/*/*near-dup*"))


def test_no_corpus_yet_names_the_job_to_run(world: World, tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match="run `make corpus` first"):
        Comparison(world, tmp_path / "out").data()


def test_no_data_yet_names_the_job_to_run(world: World, tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match="run `make ablate` first"):
        Comparison(world, tmp_path / "out").models()


def test_a_variant_that_keeps_nothing_is_named(compared: Comparison, world: World, tmp_path: Path) -> None:
    other = copied(compared, world, tmp_path / "out")
    nothing = "corpus.quality.gopher_repetition.maximum_duplicate_9_gram_characters=0.0"
    everything = "corpus.quality.gopher_quality.minimum_words=100000 corpus.quality.gopher_quality.maximum_words=100000"
    with pytest.raises(GristmillError, match="ablate: base: no document is left for training"):
        other.data(nothing, everything)


def test_a_variant_with_fewer_rows_than_a_batch_is_named(compared: Comparison) -> None:
    with pytest.raises(
        GristmillError, match=r"ablate: base: \d+ rows are fewer than ablate.pretrain.batch_rows = 4096"
    ):
        compared.models("ablate.pretrain.batch_rows=4096")
