"""The memory of the loss and its gradients: a slice of tokens at a time against whole logits.

    python -m benchmarks.loss_memory [--vocabulary 50000] [--tokens 4096] [--width 256]

Each row of the table is a process of its own: what its largest resident memory gains over what it had, inputs and a
warm-up on one token included.
"""

import argparse
import resource
import sys
import time

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.processes import machine, run
from stages.recipe import Loss
from trainer.device import keep_freed_memory
from trainer.loss import scaled_loss

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    """Measures both losses in both precisions and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--vocabulary", type=int, default=50_000)
    parser.add_argument("--tokens", type=int, default=4_096)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    own = parser.parse_args()
    if own.measure:
        print(*measure(own.tokens, own.vocabulary, own.width, *own.measure))
        return
    sizes = [f"--{name}={getattr(own, name)}" for name in ("tokens", "vocabulary", "width")]
    print(f"{machine()}; {own.tokens:,} tokens, vocabulary {own.vocabulary:,}, width {own.width}\n")
    print("| precision | loss | peak MB | CPU s | memory, times whole logits |\n|---|---|---|---|---|")
    for precision in DTYPES:
        whole = 0.0
        for kind, title in (("whole", "whole logits"), ("sliced", "Gristmill, in slices")):
            command = [sys.executable, "-m", "benchmarks.loss_memory", *sizes, "--measure", kind, precision]
            megabytes, seconds = map(float, run(command).output.split())
            whole = whole or megabytes
            print(f"| {precision} | {title} | {megabytes:,.0f} | {seconds:.2f} | {megabytes / whole:.3f} |")


def measure(tokens: int, vocabulary: int, width: int, kind: str, precision: str) -> tuple[float, float]:
    """Megabytes of memory over what the inputs need, and CPU seconds."""
    torch.set_num_threads(1)
    keep_freed_memory()
    generator = torch.Generator().manual_seed(1)
    dtype = DTYPES[precision]
    # Drawn in their type and in place: memory that was freed before would be used again, and not be counted.
    hidden = torch.empty(tokens, width, dtype=dtype).normal_(generator=generator).requires_grad_()
    head = torch.empty(vocabulary, width, dtype=dtype).normal_(std=0.02, generator=generator).requires_grad_()
    labels = torch.randint(vocabulary, (tokens,), generator=generator)
    once(kind, torch.zeros(1, width, dtype=dtype).requires_grad_(), head[:8], labels[:1] % 8)
    before, started = _peak(), time.process_time()
    once(kind, hidden, head, labels)
    return (_peak() - before) / 1e6, time.process_time() - started


def once(kind: str, hidden: Tensor, head: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
    """The gradients of one loss."""
    if kind == "sliced":
        loss = scaled_loss(hidden, head, labels, 1.0, Loss()).objective
    else:
        loss = functional.cross_entropy((hidden @ head.T).float(), labels, reduction="sum")
    return torch.autograd.grad(loss, (hidden, head))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
