"""Use of torch's global random number generators without side effects on the rest of the process.

Dropout and weight initialization draw from the global generators and accept no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def private_generators(device: str) -> Iterator[None]:
    """Restore the global generators of the processor and of `device` afterwards. Seed them inside."""
    before = [(name, generator_state(name)) for name in {"cpu", device}]
    try:
        yield
    finally:
        for name, state in before:
            set_generator_state(name, state)


def generator_state(device: str) -> Tensor:
    """The state of a device's global generator, uint8 on the processor."""
    if device == "cpu":
        return torch.get_rng_state()
    return torch.get_device_module(device.split(":")[0]).get_rng_state(device)


def set_generator_state(device: str, state: Tensor) -> None:
    """Set the state of a device's global generator."""
    if device == "cpu":
        torch.set_rng_state(state)
    else:
        torch.get_device_module(device.split(":")[0]).set_rng_state(state, device)
