"""The device, its threads, and what makes equal runs give equal bits."""

import ctypes
import os

import torch

from stages.errors import GristmillError
from stages.recipe import Pretrain

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of `mallopt`, in glibc's malloc.h."""
KEPT_BYTES = (1 << 31) - 1
"""The largest number that `mallopt` takes."""


def prepare_device(settings: Pretrain) -> torch.device:
    """Chooses the device and sets torch up for it; GristmillError if the recipe wants a GPU and there is none."""
    # cuBLAS repeats its sums in the same order only with a workspace of its own; read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    available = torch.cuda.is_available()
    if settings.device == "cuda" and not available:
        raise GristmillError("pretrain.device = cuda: torch sees no CUDA device here; set it to auto or cpu")
    device = torch.device("cuda" if available and settings.device != "cpu" else "cpu")
    torch.set_num_threads(settings.threads or os.cpu_count() or 1)
    if device.type == "cpu":
        keep_freed_memory()
    # Bits are promised on the CPU; a CUDA operation without a repeatable form warns and goes on.
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
    # The switch above also fills every new tensor with NaN, which costs time and changes no result.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    return device


def keep_freed_memory() -> None:
    """Lets this process keep memory that it frees, where the C library is glibc.

    A step takes and frees blocks of megabytes. By default each goes back to the kernel and comes anew, page by page,
    cleared: a quarter of the processor time of a small model (0.6 M parameters, rows of 512, 4,096 tokens).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def advice_on(settings: Pretrain, device: torch.device) -> str:
    """What to say about a precision that the device is slow in; empty if there is nothing to say.

    On x86 without bf16 instructions products in bf16 took 2 (AVX-512) to 14 (AVX2) times as long as in fp32.
    """
    capabilities = torch.cpu.get_capabilities()
    if device.type != "cpu" or settings.precision != "bf16" or capabilities.get("architecture") != "x86_64":
        return ""
    if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"):
        return ""
    return "note: this CPU has no bf16 instructions; pretrain.precision=fp32 will be several times as fast here"


def dtype_of(settings: Pretrain) -> torch.dtype:
    """The type of matrix products."""
    return torch.bfloat16 if settings.precision == "bf16" else torch.float32
