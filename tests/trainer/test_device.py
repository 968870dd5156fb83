"""The device: chosen as the recipe says, with its threads, and set to repeat itself."""

import platform
import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from stages.errors import GristmillError
from stages.recipe import Pretrain
from trainer.device import advice_on, dtype_of, prepare_device


@pytest.fixture(autouse=True)
def global_settings() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.parametrize(("device", "available", "expected"), [("auto", False, "cpu"), ("cpu", True, "cpu")])
def test_chooses_the_device(monkeypatch: pytest.MonkeyPatch, device: str, available: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert prepare_device(Pretrain(device=device)).type == expected


def test_takes_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert prepare_device(Pretrain()).type == prepare_device(Pretrain(device="cuda")).type == "cuda"


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(GristmillError, match=r"pretrain\.device = cuda: .* set it to auto or cpu"):
        prepare_device(Pretrain(device="cuda"))


def test_takes_the_threads_that_are_set_or_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    prepare_device(Pretrain(device="cpu"))
    assert torch.get_num_threads() == 3
    prepare_device(Pretrain(device="cpu", threads=2))
    assert torch.get_num_threads() == 2


def test_operations_repeat_themselves_and_new_tensors_are_not_filled() -> None:
    torch.use_deterministic_algorithms(False)
    prepare_device(Pretrain(device="cpu"))
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.utils.deterministic.fill_uninitialized_memory


def test_the_precision_is_the_type_of_matrix_products() -> None:
    assert dtype_of(Pretrain(precision="bf16")) == torch.bfloat16
    assert dtype_of(Pretrain(precision="fp32")) == torch.float32


@pytest.mark.parametrize(
    ("precision", "device", "capabilities", "advised"),
    [
        ("bf16", "cpu", {"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": False}, True),
        ("bf16", "cpu", {"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": False}, False),
        ("bf16", "cpu", {"architecture": "aarch64"}, False),
        ("fp32", "cpu", {"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": False}, False),
        ("bf16", "cuda", {"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": False}, False),
    ],
)
def test_advises_fp32_where_bf16_is_slow(
    monkeypatch: pytest.MonkeyPatch, precision: str, device: str, capabilities: dict[str, object], advised: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    advice = advice_on(Pretrain(precision=precision), torch.device(device))
    assert ("pretrain.precision=fp32" in advice) is advised


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides for itself")
def test_freed_memory_is_kept_and_used_again() -> None:
    code = (
        "import resource, torch\n"
        "from trainer.device import prepare_device\n"
        "from stages.recipe import Pretrain\n"
        "prepare_device(Pretrain(device='cpu', threads=1))\n"
        "for _ in range(10):\n"
        "    torch.ones(4_000_000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(20):\n"
        "    torch.ones(4_000_000)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    pages = 4_000_000 * 4 // resource.getpagesize()
    assert int(done.stdout) < pages
