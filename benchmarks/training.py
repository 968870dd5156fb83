"""Training on one CPU thread: the trainer's whole step against that of GPT-2 at equal shapes.

    python -m benchmarks.training [--vocabulary 103 8192] [--precision fp32 bf16]

Four layers of width 256 with four heads, eight rows of 256 tokens, each of one document. The models have equally many
parameters to the last: what GPT-2 spends on its learned positions is what SwiGLU gains where its inner width, 8/3 of
the width, is rounded up to a multiple of 64. Every model trains in a process of its own; they take turns, step by step,
and processor time counts. GPT-2 runs twice: as it is, and with the setting of the allocator that the trainer makes.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.gpt2_block import GPT2, Shape, new_step
from benchmarks.processes import machine
from stages.recipe import Model, Pretrain
from trainer.device import keep_freed_memory, prepare_device
from trainer.loader import Batch, MicroBatch
from trainer.model import new_transformer
from trainer.training import Trainer

CONTESTANTS = {
    "gpt2": "GPT-2",
    "gpt2_allocator": "GPT-2, with the trainer's allocator setting",
    "gristmill": "Gristmill, Trainer.step",
}
WARM_UP, STEPS = 3, 12


def main() -> None:
    """Runs all contestants and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[103, 8192])
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], choices=["fp32", "bf16"])
    parser.add_argument("--contestant", choices=list(CONTESTANTS), help=argparse.SUPPRESS)
    own = parser.parse_args()
    if own.contestant:
        answer(own.contestant, Shape(own.vocabulary[0]), own.precision[0])
        return
    print(f"{machine()}; torch {torch.__version__}, one thread, best of {STEPS} steps\n")
    print("| vocabulary | precision | model | parameters | tokens a CPU s | median | times GPT-2 |")
    print("|---|---|---|---|---|---|---|")
    for vocabulary in own.vocabulary:
        for precision in own.precision:
            compare(vocabulary, precision)


def compare(vocabulary: int, precision: str) -> None:
    """Lets the contestants take turns and prints a line for each."""
    command = [sys.executable, "-m", "benchmarks.training", "--vocabulary", str(vocabulary), "--precision", precision]
    running = {
        name: subprocess.Popen(
            [*command, "--contestant", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in CONTESTANTS
    }
    parameters = {name: int(_line(process)) for name, process in running.items()}
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(WARM_UP + STEPS):
        for name, process in running.items():
            seconds[name].append(float(_ask(process)))
    for process in running.values():
        process.communicate()
    shape = Shape(vocabulary)
    tokens = shape.rows * shape.length
    best = {name: tokens / min(taken[WARM_UP:]) for name, taken in seconds.items()}
    for name, title in CONTESTANTS.items():
        median = tokens / statistics.median(seconds[name][WARM_UP:])
        print(
            f"| {vocabulary:,} | {precision} | {title} | {parameters[name]:,} | {best[name]:,.0f} | {median:,.0f}"
            f" | {best[name] / best['gpt2']:.2f} |",
            flush=True,
        )


def answer(contestant: str, shape: Shape, precision: str) -> None:
    """Prints the number of parameters; then, for each line that comes in, takes a step and prints its CPU seconds."""
    model, step = gristmill(shape, precision) if contestant == "gristmill" else gpt2(contestant, shape, precision)
    print(sum(parameter.numel() for parameter in model.parameters()), flush=True)
    for _ in sys.stdin:
        started = time.process_time()
        step()
        print(time.process_time() - started, flush=True)


def gristmill(shape: Shape, precision: str) -> tuple[torch.nn.Module, Callable[[], object]]:
    """The model of the trainer, and its step."""
    settings = Pretrain.model_validate(
        {
            "batch_rows": shape.rows,
            "micro_batch_rows": shape.rows,
            "precision": precision,
            "device": "cpu",
            "threads": 1,
            "model": Model(layers=shape.layers, width=shape.width, heads=shape.heads, key_value_heads=shape.heads),
        }
    )
    device = prepare_device(settings)
    trainer = Trainer(new_transformer(settings.model, shape.vocabulary, seed=1), settings, device)
    tokens, labels = drawn(shape)
    positions = torch.arange(shape.length, dtype=torch.int32).repeat(shape.rows, 1)
    batch = Batch((MicroBatch(tokens, positions, labels),), labels.numel(), shape.rows)
    return trainer.model, lambda: trainer.step(batch)


def gpt2(contestant: str, shape: Shape, precision: str) -> tuple[torch.nn.Module, Callable[[], object]]:
    """The peer, and its step."""
    torch.set_num_threads(1)
    if contestant == "gpt2_allocator":
        keep_freed_memory()
    model = GPT2(shape)
    step = new_step(model, precision == "bf16")
    tokens, labels = drawn(shape)
    return model, lambda: step(tokens, labels)


def drawn(shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and labels, int64 [rows, length], drawn evenly."""
    size = (shape.rows, shape.length + 1)
    both = torch.randint(shape.vocabulary, size, generator=torch.Generator().manual_seed(1))
    return both[:, :-1].contiguous(), both[:, 1:].contiguous()


def _ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin
    process.stdin.write("step\n")
    process.stdin.flush()
    return _line(process)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


if __name__ == "__main__":
    main()
