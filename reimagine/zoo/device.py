"""Device, threads and precision of networks."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from reimagine.errors import WeightsError


def select_device(name: str) -> str:
    """The torch device for a value of `--device`: auto, cpu, cuda, mps, or a numbered device such as cuda:1.

    "auto" selects the first available of cuda, mps and cpu.

    Raises:
        WeightsError: the device is not available.
    """
    import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, present in available.items() if present)
    if not available.get(name.split(":")[0], False):
        usable = ", ".join(device for device, present in available.items() if present)
        raise WeightsError(f"the device {name!r} is not available; give --device one of: auto, {usable}")
    return name


def inference_threads() -> int:
    """Torch threads for inference: half of the cores; decoding, optical flow and encoding use the others."""
    return max(1, (os.cpu_count() or 2) // 2)


def training_threads() -> int:
    """Torch threads for training: all cores."""
    return os.cpu_count() or 2


def set_torch_threads(count: int) -> None:
    """Set the number of threads of one torch operation, for the whole process."""
    import torch

    torch.set_num_threads(count)


def configure_device(name: str, alone: bool = False) -> str:
    """Select a device, and set torch's threads for training (`alone`) or for inference."""
    set_torch_threads(training_threads() if alone else inference_threads())
    return select_device(name)


@cache
def bfloat16_is_fast(device: str) -> bool:
    """Whether a device computes in bfloat16 natively. Elsewhere bfloat16 saves no time and only loses precision."""
    if device != "cpu":
        return device.startswith("cuda")
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
