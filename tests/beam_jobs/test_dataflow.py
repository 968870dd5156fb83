"""Each job's graph as Dataflow would receive it: translated by its runner in a dry run, with no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from beam_jobs.certify.definition import COMMAND as CERTIFY
from beam_jobs.command import JobCommand
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.pipeline import build
from beam_jobs.runner import parse_options
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
from beam_jobs.tokenizer_sweep.definition import COMMAND as SWEEP
from beam_jobs.units import Phase
from tests.beam_jobs.toy_phases import toy_job

pytest.importorskip("apache_beam.runners.dataflow.dataflow_runner", reason="needs apache-beam[gcp]")

OPTIONS = (
    "--runner=DataflowRunner",
    "--project=project",
    "--region=us-central1",
    "--job_name=gristmill",
    "--temp_location=gs://bucket/temp",
    "--dry_run=True",
)
MAXIMUM_BYTES_OF_A_PHASE = 40_000
"""Dataflow refuses graphs over 10 MB; ours must not grow with the inputs at all."""


def rounds_of(command: JobCommand) -> list[Any]:
    return [pytest.param(rounds.phases(0), id=rounds.name) for rounds in command.rounds()]


@pytest.mark.parametrize(
    "phases",
    [*(pytest.param(one.phases(), id=one.name) for one in (CORPUS, TOKENIZER, SWEEP, CERTIFY)), *rounds_of(CORPUS)],
)
def test_the_graph_of_each_job_is_accepted(tmp_path: Path, phases: Sequence[Phase]) -> None:
    pipeline = beam.Pipeline(options=parse_options(OPTIONS))
    build(pipeline, toy_job(tmp_path / "out"), phases)
    graph = pipeline.run().job.proto_pipeline
    names = {transform.unique_name for transform in graph.components.transforms.values()}
    for phase in phases:
        assert f"{phase.name.capitalize()}/Work" in names
    assert graph.ByteSize() < MAXIMUM_BYTES_OF_A_PHASE * len(phases)
