"""A whole pretraining run, from the packed rows to the model directory."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from stages.artifacts import (
    MANIFEST,
    Manifest,
    OutputFile,
    mark_finished,
    remove,
    sha256_of,
    write_json,
    write_manifest,
)
from stages.console import say
from stages.recipe import Recipe
from trainer.checkpoint import Checkpoints, Identity, State, require_same, settings_of
from trainer.curves import CURVES, write_curves
from trainer.device import advice_on, prepare_device
from trainer.early_stopping import EarlyStopping
from trainer.evaluation import EvaluationRows, evaluate, hardest_documents, losses_of_labels
from trainer.export import export_model
from trainer.flops import peak_tokens
from trainer.folders import remove_leftovers
from trainer.generation import generate
from trainer.inputs import Inputs
from trainer.interrupts import Interrupts
from trainer.loader import Loader
from trainer.metrics import Metrics
from trainer.model import new_transformer
from trainer.report import Reporter, show_results
from trainer.tensorboard_log import TensorBoardLog
from trainer.training import StepResult, Trainer

HARDEST_DOCUMENTS = 20
"""How many are listed in `high_loss.json`."""


class Run:
    """One run of a recipe: its inputs, its trainer and its folder."""

    def __init__(self, recipe: Recipe, inputs: Inputs, environment: dict[str, Any]):
        self._recipe, self._settings, self._inputs = recipe, recipe.pretrain, inputs
        self._device = prepare_device(self._settings)
        model = new_transformer(self._settings.model, self._inputs.tokenizer.vocabulary_size, recipe.seed)
        self._trainer = Trainer(model, self._settings, self._device)
        self._evaluation_rows = EvaluationRows(
            self._inputs.validation,
            self._settings.evaluation_rows,
            self._settings.micro_batch_rows,
            self._inputs.tokenizer.token_bytes(),
            self._inputs.origins,
        )
        self._loader = Loader(
            inputs.train,
            recipe.seed,
            self._settings.batch_rows,
            self._settings.micro_batch_rows,
            quotas=self._settings.quotas,
        )
        self._early_stopping = EarlyStopping(self._settings.early_stopping_evaluations)
        self._folder = Path(recipe.folder("pretrain"))
        self._events = TensorBoardLog(self._folder / "tensorboard") if self._settings.tensorboard else None
        self._metrics = Metrics(self._folder / "metrics.jsonl", self._events)
        self._checkpoints = Checkpoints(self._folder / "checkpoints", self._settings.keep_checkpoints)
        self._identity = Identity(settings_of(recipe), inputs.manifest)
        self._environments = [{**environment, "device": self._device.type, "threads": torch.get_num_threads()}]

    def complete(self, fingerprint: str) -> None:
        """Trains to the end, from the newest checkpoint if there is one; writes the model and the manifest."""
        self._resume()
        with Interrupts() as interrupts:
            self._train(interrupts)
        self._export()
        results, samples, hardest = self._results(), self._samples(), self._hardest()
        write_json(str(self._folder / "high_loss.json"), hardest)
        write_curves(self._folder, self._recipe.name, list(self._metrics.records()), results, samples, hardest)
        write_manifest(str(self._folder), self._manifest(results, samples))
        mark_finished(str(self._folder), fingerprint)
        paths = [str(self._folder / name) for name in ("model", "metrics.jsonl", "curves.html")]
        show_results(results, samples, hardest, paths)

    def _resume(self) -> None:
        checkpoint = self._checkpoints.newest()
        if checkpoint is not None:
            require_same(checkpoint, self._identity)
        # From here on the folder changes: what it holds is no longer whole.
        remove(str(self._folder / MANIFEST))
        remove_leftovers(self._folder)
        if checkpoint is None:
            self._metrics.restart()
            return
        self._trainer.restore(checkpoint.state.progress, checkpoint.tensors())
        self._metrics.restart(checkpoint.metrics())
        self._early_stopping.replay(checkpoint.metrics())
        say(f"going on from {checkpoint.folder}")
        [now], before = self._environments, checkpoint.state.environments
        if before[-1] != now:
            changed = ", ".join(key for key in now if before[-1].get(key) != now[key])
            say(f"note: it was written with another {changed}; the last digits may differ from an unbroken run's")
            self._environments = [*before, now]
        else:
            self._environments = before

    def _train(self, interrupts: Interrupts) -> None:
        start = self._trainer.progress
        if self._is_over():
            return
        batches = self._loader.batches(start.rows_seen, pinned=self._device.type == "cuda")
        if advice := advice_on(self._settings, self._device):
            say(advice)
        with Reporter(self._settings.steps, start, self._peak_tokens()) as reporter, closing(batches):
            for batch in reporter.timed(batches):
                result = self._trainer.step(batch)
                self._record(result, reporter)
                self._save_if_due(interrupts)
                if self._is_over():
                    return

    def _record(self, result: StepResult, reporter: Reporter) -> None:
        progress = self._trainer.progress
        self._metrics.append({"step": progress.step, "tokens": progress.tokens_seen, **result.record()})
        reporter.step(progress, result)
        if not result.is_finite:
            say(f"warning: step {progress.step:,} is skipped: its loss or gradient is not a finite number")
        if self._is_due(self._settings.evaluate_every):
            evaluation = evaluate(self._trainer.evaluation_model, self._evaluation_rows, self._device)
            self._metrics.append({"step": progress.step, **asdict(evaluation)})
            reporter.evaluation(progress, result, evaluation)
            self._early_stopping.evaluated(evaluation.validation_loss)

    def _save_if_due(self, interrupts: Interrupts) -> None:
        if interrupts.noted is None and not self._is_due(self._settings.checkpoint_every):
            return
        state = State(self._trainer.progress, self._identity, self._environments)
        self._checkpoints.save(state, self._trainer.tensors(), self._metrics.path)
        interrupts.obey()

    def _is_due(self, every: int) -> bool:
        return self._trainer.progress.step % every == 0 or self._is_over()

    def _is_over(self) -> bool:
        return self._trainer.progress.step >= self._settings.steps or self._early_stopping.is_due

    def _peak_tokens(self) -> float | None:
        return peak_tokens(self._trainer.model, self._settings, self._inputs.train.width - 1, self._device)

    def _hardest(self) -> list[dict[str, Any]]:
        losses = losses_of_labels(self._trainer.evaluation_model, self._evaluation_rows, self._device)
        return hardest_documents(losses, self._evaluation_rows, HARDEST_DOCUMENTS)

    def _export(self) -> None:
        row, length = self._inputs.validation.row(0), self._inputs.validation.width - 1
        start, end = max(zip([0, *row.doc_ends], row.doc_ends, strict=False), key=lambda span: span[1] - span[0])
        document = torch.from_numpy(row.tokens[start:end].astype("int64"))[:length]
        prompts = self._settings.generation.prompts
        model = self._trainer.result_model
        export_model(self._folder / "model", model, self._inputs.tokenizer, length, document, prompts)

    def _results(self) -> dict[str, Any]:
        progress = self._trainer.progress
        step, evaluation = self._metrics.last("loss"), self._metrics.last("validation_loss")
        return {
            "parameters": sum(parameter.numel() for parameter in self._trainer.model.parameters()),
            "steps": progress.step,
            "tokens_seen": progress.tokens_seen,
            **({"skipped_steps": progress.skipped_steps} if progress.skipped_steps else {}),
            "train_loss": step["loss"],
            **{key: value for key, value in evaluation.items() if key != "step"},
        }

    def _samples(self) -> list[dict[str, str]]:
        settings, window = self._settings.generation, self._inputs.train.width - 1
        model = self._trainer.result_model
        return [
            {
                "prompt": prompt,
                "text": generate(model, self._inputs.tokenizer, prompt, settings, window, self._recipe.seed + number),
            }
            for number, prompt in enumerate(settings.prompts)
        ]

    def _manifest(self, results: dict[str, Any], samples: list[dict[str, str]]) -> Manifest:
        model = sorted((self._folder / "model").iterdir())
        facts = {
            "results": results,
            "samples": samples,
            "settings": self._settings.model_dump(mode="json"),
            "seed": self._recipe.seed,
            "inputs": {"tokenizer": self._inputs.manifest},
            "environments": self._environments,
        }
        kinds = {
            "model": model,
            "metrics": [self._metrics.path],
            "curves": [self._folder / name for name in CURVES],
            "high_loss": [self._folder / "high_loss.json"],
            "tensorboard": [self._events.path] if self._events else [],
        }
        files = {kind: [self._output(path) for path in paths] for kind, paths in kinds.items()}
        return Manifest("pretrain", files, facts)

    def _output(self, path: Path) -> OutputFile:
        name = path.relative_to(self._folder).as_posix()
        return OutputFile(name, path.stat().st_size, sha256_of(path), 0)
