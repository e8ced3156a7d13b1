"""Where networks run, and at what precision."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from reimagine.errors import WeightsError

DEVICES = ("auto", "cpu", "cuda", "mps")


def configure_device(wish: str, alone: bool = False) -> str:
    """`auto` is the first of cuda, mps, cpu that is there. Unless the network is `alone`, as in training,
    half of the processor's cores are left to what decodes, follows and encodes."""
    import torch

    cores = os.cpu_count() or 2
    torch.set_num_threads(cores if alone else max(1, cores // 2))
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wish == "auto":
        return next(name for name, present in there.items() if present)
    if not there.get(wish.split(":")[0], False):
        raise WeightsError(f"--device {wish} is not there; use {', '.join(k for k, v in there.items() if v)}")
    return wish


@cache
def bfloat16_is_fast(device: str) -> bool:
    """bfloat16 where the processor multiplies it itself; elsewhere it would only be less exact."""
    if device != "cpu":
        return device.startswith("cuda")
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
