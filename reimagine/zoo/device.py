"""Device and precision of networks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reimagine.errors import WeightsError

if TYPE_CHECKING:
    import torch
    from torch import nn

Net = TypeVar("Net", bound="nn.Module")


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


def to_channels_last(net: Net, device: str) -> Net:
    """Move a network to a device, in the memory format in which convolutions are fastest."""
    import torch

    return net.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


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


def half_precision(device: str) -> torch.autocast:
    """Return the context in which networks compute in bfloat16, where that is fast; elsewhere it changes nothing."""
    import torch

    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=bfloat16_is_fast(device))
