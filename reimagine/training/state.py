"""Save and resume: a training that was killed goes on where it stood."""

from __future__ import annotations

import csv
import math
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from reimagine.errors import WeightsError


def seed_everything(number: int) -> None:
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def save_checkpoint(path: Path, parts: dict[str, Any]) -> None:
    """Write objects' `state_dict`s and plain values whole or not at all."""
    state = {k: v.state_dict() if hasattr(v, "state_dict") else v for k, v in parts.items()}
    temporary = path.with_name("." + path.name)
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path, parts: dict[str, Any]) -> dict[str, Any]:
    """Load what `save` wrote into the same objects; give back the plain values ({} if none yet)."""
    if not path.exists():
        return {}
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        if name in state:
            try:
                part.load_state_dict(state[name])
            except (RuntimeError, ValueError) as error:
                raise WeightsError(
                    f"{path}: a training of another network, which cannot be gone on with; "
                    "give the same options, or another --into"
                ) from error
    return {k: v for k, v in state.items() if k not in parts}


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was not room enough: fewer at a time may do."""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or "can't allocate memory" in str(error) or "out of memory" in str(error)


def update_ema(into: nn.Module, source: nn.Module, decay: float) -> None:
    """Exponential moving average of weights; buffers (batch norm's statistics) are copied."""
    with torch.no_grad():
        for mean, new in zip(into.parameters(), source.parameters(), strict=True):
            mean.lerp_(new, 1 - decay)
        for mean, new in zip(into.buffers(), source.buffers(), strict=True):
            mean.copy_(new)


def cosine_schedule(part: float, floor: float = 0.01) -> float:
    """Share of the peak learning rate at `part` (0..1) of the time: half a cosine, down to `floor`."""
    return floor + (1 - floor) * (0.5 + 0.5 * math.cos(math.pi * part))


def save_and_log(
    run: Path, parts: dict[str, Any], clock: float, steps: int, say: Callable[[str], Any] = print, **numbers: float
) -> None:
    """Keep what a training can go on from, add a line to its log, and say it."""
    save_checkpoint(run / "checkpoint.pt", {**parts, "clock": clock, "steps": steps})
    row = {"minutes": round(clock / 60, 1), "steps": steps} | {k: round(v, 4) for k, v in numbers.items()}
    append_log_row(run / "log.csv", row)
    say("  ".join(f"{k} {v}" for k, v in row.items()))
    sys.stdout.flush()


def append_log_row(path: Path, row: dict[str, float | int | str]) -> None:
    """Append a line to a CSV; the first line names the columns."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
