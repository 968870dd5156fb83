"""Starts a pipeline: on this machine by default, on any Beam runner by Beam's own options.

The local default is Beam's FnApiRunner, built here as an instance: in this process for one worker, in worker processes
for more. The name DirectRunner would first try to download another engine, so it means the local default too.
"""

import logging
import re
import shlex
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from stages.errors import GristmillError

LOCAL_RUNNERS = ("", "FnApiRunner", "DirectRunner", "local")
REFUSED_RUNNERS = {
    "DaskRunner": "it loses data without an error in Beam 2.77 (branches, tagged outputs, finish_bundle)",
}


def run_pipeline(build: Callable[[beam.Pipeline], None], runner: str, workers: int, options: Sequence[str]) -> None:
    """Builds a pipeline and runs it to its end.

    Raises GristmillError with the one line of a GristmillError that a worker raised, or with what a local worker
    process died of.
    """
    if runner in REFUSED_RUNNERS:
        raise GristmillError(f"RUNNER={runner}: refused, {REFUSED_RUNNERS[runner]}")
    try:
        if runner in LOCAL_RUNNERS:
            _run_locally(build, workers, options)
        else:
            _run_remotely(build, runner, options)
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        raise GristmillError(line) from error


def _run_locally(build: Callable[[beam.Pipeline], None], workers: int, options: Sequence[str]) -> None:
    parsed = parse_options([*options, f"--direct_num_workers={workers}"])
    pipeline = beam.Pipeline(runner=local_runner(parsed, workers), options=parsed)
    build(pipeline)
    LocalRun(pipeline).complete()


def _run_remotely(build: Callable[[beam.Pipeline], None], runner: str, options: Sequence[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    parsed = parse_options([f"--runner={runner}", *options])
    pipeline = beam.Pipeline(options=parsed)
    build(pipeline)
    pipeline.run().wait_until_finish()


def parse_options(options: Sequence[str]) -> PipelineOptions:
    """Beam's options; one that no part of Beam knows is a GristmillError."""
    parsed = PipelineOptions(list(options))
    known = parsed.get_all_options(retain_unknown_options=False)
    for option in options:
        name = option.split("=")[0].lstrip("-")
        if option.startswith("--") and name not in known and name.removeprefix("no_") not in known:
            raise GristmillError(f"--{name}: neither this command nor Beam knows this option")
    return parsed


def local_runner(options: PipelineOptions, workers: int) -> fn_runner.FnApiRunner:
    """A local runner whose worker processes receive the options (built by its name, it would hand over none)."""
    options.view_as(StandardOptions).runner = "FnApiRunner"
    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    provision = beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
    command = f"exec {shlex.quote(sys.executable)} -m beam_jobs.worker"
    return fn_runner.FnApiRunner(
        default_environment=SubprocessSDKEnvironment.from_command_string(command) if workers > 1 else None,
        provision_info=fn_runner.ExtendedProvisionInfo(provision),
    )


class LocalRun:
    """Runs a pipeline in a thread of its own, so that the main thread hears of signals and of dead workers.

    The runner alone would wait for ever for a worker process that has died: only its thread `run_worker` then raises.
    """

    SECONDS_BETWEEN_LOOKS = 0.1

    def __init__(self, pipeline: beam.Pipeline):
        self._pipeline = pipeline
        self._over = threading.Event()
        self._error: BaseException | None = None

    def complete(self) -> None:
        """Waits for the end of the pipeline; raises what it raised, or GristmillError if a worker died."""
        before = threading.excepthook
        threading.excepthook = self._on_thread_exception
        try:
            threading.Thread(target=self._run, name="pipeline", daemon=True).start()
            while not self._over.wait(self.SECONDS_BETWEEN_LOOKS):
                pass
        finally:
            threading.excepthook = before
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._pipeline.run().wait_until_finish()
        except BaseException as error:
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if not self._over.is_set():
            self._error = error
            self._over.set()

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        thread = args.thread.name if args.thread is not None else ""
        if args.exc_type is RuntimeError and thread == "run_worker":
            death = GristmillError(
                f"a worker process died ({args.exc_value}), perhaps for want of memory: run the same command again "
                "to go on, with fewer WORKERS or a smaller corpus.unit_megabytes"
            )
            self._end(death)
        elif "rpc" not in args.exc_type.__name__.lower():
            threading.__excepthook__(args)


def _one_line(error: BaseException) -> str | None:
    """The message of a GristmillError that crossed Beam, which adds its step, or hides it in a traceback's text."""
    text = f"{type(error).__name__}: {error}"
    found = re.findall(r"GristmillError: (.*?)(?: \[while running.*|\\n.*)?$", text, re.MULTILINE)
    if found:
        return str(found[-1]).strip()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or Path.cwd()}: {error.strerror}"
    return None
