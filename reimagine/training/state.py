"""Seeds, checkpoints, weight averaging, learning-rate schedule and log of a training."""

from __future__ import annotations

import csv
import math
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from reimagine import made
from reimagine.errors import WeightsError
from reimagine.files import atomic_file, remove_leftovers

RENAMED_PARTS = {
    "critic": "discriminator",
    "adversary": "discriminator",
    "critic_optimizer": "discriminator_optimizer",
    "mean": "ema",
    "optimizer critic": "optimizer discriminator",
    "judges": "discriminator_optimizer",
}
"""Names of networks and optimizers in checkpoints of earlier versions, with their present names."""


OWN_FILES = ("checkpoint.pt", "weights.safetensors", "weights.toml", "log.csv", "curves.png", "samples.png", "look.txt")
"""Files of a training, in its run folder."""
OWN_FOLDERS = ("samples", "pairs", "notes")
"""Folders in it of pictures and rendered sound."""


DAMAGED = "the checkpoint is damaged; remove it to begin the training again, or give another --into"
"""What is wrong with a checkpoint that cannot be read."""


def open_folder(run: Path) -> None:
    """Create the run folder of a training, or open it to go on; temporary files of a killed training are removed.

    From now on only files that trainings wrote are replaced in it.

    Raises:
        RunError: the folder cannot be written, or holds a file of the user where a file of the training belongs.
    """
    run.mkdir(parents=True, exist_ok=True)
    remove_leftovers(run)
    if not made.is_covered(run):
        is_earlier = not made.is_guarded(run) and all((run / name).is_file() for name in ("checkpoint.pt", "log.csv"))
        made.guard(run)
        if is_earlier:  # a release without records began it
            files = (path for name in OWN_FOLDERS for path in (run / name).glob("*"))
            made.adopt(run, [*(run / name for name in OWN_FILES), *files])
    for name in OWN_FILES:
        made.check(run / name)


def seed_everything(number: int) -> None:
    """Seed the random number generators of Python, NumPy and PyTorch."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def save_checkpoint(path: Path, parts: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: after an interruption the previous file is unchanged.

    Args:
        path: the file.
        parts: by name, networks and optimizers, whose `state_dict` is written, and plain values (numbers, strings,
            tensors, and lists and dictionaries of these).
    """
    state = {name: _state_of(part) for name, part in parts.items()}
    with atomic_file(path) as temporary:
        torch.save(state, temporary)


def _state_of(part: Any) -> Any:
    return part.state_dict() if isinstance(part, nn.Module | Optimizer) else part


def load_checkpoint(path: Path, parts: Mapping[str, nn.Module | Optimizer]) -> dict[str, Any]:
    """Load a checkpoint into the networks and optimizers of `parts` and return its plain values.

    Without a file, nothing is loaded and the result is empty.

    Raises:
        WeightsError: the checkpoint is damaged, or of a network with another architecture.
    """
    if not path.exists():
        return {}
    state = _read_checkpoint(path)
    for old, new in RENAMED_PARTS.items():
        if old in state and old not in parts and new in parts:
            state[new] = state.pop(old)
    for name, part in parts.items():
        if name in state:
            try:
                part.load_state_dict(state[name])
            except (RuntimeError, ValueError) as error:
                raise WeightsError(
                    f"{path}: the checkpoint does not fit this network; repeat the options that it was trained with, "
                    "or give another --into"
                ) from error
    return {name: value for name, value in state.items() if name not in parts}


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises errors of many kinds for damaged files
        raise WeightsError(f"{path}: {DAMAGED}") from error
    if not isinstance(state, dict):
        raise WeightsError(f"{path}: {DAMAGED}")
    return state


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error says that memory ran out, so that a smaller input or batch may succeed."""
    text = str(error).lower()
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or "out of memory" in text or "allocate memory" in text


def update_ema(average: nn.Module, source: nn.Module, decay: float) -> None:
    """Update an exponential moving average of a network's weights.

    Args:
        average: the network whose parameters are the average. Its buffers, such as the statistics of batch
            normalization, are copied from `source`.
        source: the network in training.
        decay: weight of the previous average, 0 to 1.
    """
    with torch.no_grad():
        for mean, new in zip(average.parameters(), source.parameters(), strict=True):
            mean.lerp_(new, 1 - decay)
        for mean, new in zip(average.buffers(), source.buffers(), strict=True):
            mean.copy_(new)


def cosine_schedule(progress: float, floor: float = 0.01) -> float:
    """Return the learning rate as a fraction of its peak: half a cosine from 1 down to `floor`.

    Args:
        progress: elapsed fraction of the training time, 0 to 1.
        floor: value at the end.
    """
    return floor + (1 - floor) * (0.5 + 0.5 * math.cos(math.pi * progress))


def save_and_log(
    run: Path,
    parts: Mapping[str, Any],
    clock: float,
    steps: int,
    message: Callable[[str], Any] = print,
    **numbers: float,
) -> None:
    """Write `checkpoint.pt`, append a row to `log.csv` and report the row as a message.

    Args:
        run: the folder of both files.
        parts: see `save_checkpoint`; the clock and the steps are added.
        clock: training time so far, in seconds.
        steps: optimizer steps so far.
        message: called with the row as one line of text.
        numbers: further columns of the log, rounded to four decimals.
    """
    save_checkpoint(run / "checkpoint.pt", {**parts, "clock": clock, "steps": steps})
    row = {"minutes": round(clock / 60, 1), "steps": steps} | {k: round(v, 4) for k, v in numbers.items()}
    append_log_row(run / "log.csv", row)
    message("  ".join(f"{k} {v}" for k, v in row.items()))
    sys.stdout.flush()


def append_log_row(path: Path, row: Mapping[str, float | int | str]) -> None:
    """Append a row to a CSV file; a new file starts with the column names."""
    new = not path.exists()
    if new:
        made.note(path)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
