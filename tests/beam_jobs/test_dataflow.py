"""Each job's graph as Dataflow would receive it: translated by its runner in a dry run, with no network."""

from pathlib import Path

import apache_beam as beam
import pytest

from beam_jobs.command import JobCommand
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.pipeline import build
from beam_jobs.runner import parse_options
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
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
MAXIMUM_GRAPH_BYTES = 300_000
"""Dataflow refuses graphs over 10 MB; ours must not grow with the inputs at all."""


@pytest.mark.parametrize("command", [CORPUS, TOKENIZER], ids=["corpus", "tokenizer"])
def test_the_graph_of_each_job_is_accepted(tmp_path: Path, command: JobCommand) -> None:
    pipeline = beam.Pipeline(options=parse_options(OPTIONS))
    phases = command.phases()
    build(pipeline, toy_job(tmp_path / "out"), phases)
    graph = pipeline.run().job.proto_pipeline
    names = {transform.unique_name for transform in graph.components.transforms.values()}
    for phase in phases:
        assert f"{phase.name.capitalize()}/Work" in names
    assert graph.ByteSize() < MAXIMUM_GRAPH_BYTES
