"""Autoregressive rollout: each step is predicted from the steps before it, and all steps are stored on disk.

    rollout-1/steps-000000.nut     steps 0 to 23
              steps-000024.nut     steps 24 to 47
              state-000048.npz     the predictor's state after step 47

A longer continuation reads the steps that exist and continues from the last state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from reimagine.files import atomic_file
from reimagine.media.motion import working_size
from reimagine.media.video.frames import frame_from_image
from reimagine.media.video.writer import read_images, write_frames

STEPS_PER_FILE = 24
"""Steps per file: the most that an interruption loses."""
MAX_SHORT_SIDE = 720
"""Short side, in pixels, of the images of a rollout, at most: larger films are enlarged from it, which saves time."""


class NextFramePredictor(Protocol):
    """Predicts each image from its own previous predictions. It holds the state of one rollout."""

    def step(self) -> np.ndarray:
        """The next image, RGB (H, W, 3) uint8, of `rollout_size`."""
        ...

    def state(self) -> Mapping[str, np.ndarray]:
        """All that the next steps depend on, by name."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore a state that `state` returned."""
        ...


def rollout_size(width: int, height: int) -> tuple[int, int]:
    """Size (w, h) of the images of a rollout for a film of this size, in pixels."""
    return working_size(width, height, MAX_SHORT_SIDE, minimum=1)


def generate_steps(predictor: NextFramePredictor, folder: Path, count: int) -> Iterator[np.ndarray]:
    """Yield the first `count` images of a rollout: those in the folder, then new ones, which are written there.

    Images are RGB (H, W, 3) uint8. The predictor must be in its initial state.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _finished_steps(folder)
    for start in range(0, done, STEPS_PER_FILE):
        yield from _read_steps(folder, start, min(count, start + STEPS_PER_FILE))
    if done >= count:
        return
    if done:
        with np.load(_state_path(folder, done)) as state:
            predictor.restore(dict(state))
    for start in range(done, count, STEPS_PER_FILE):
        _write_steps(predictor, folder, start)
        yield from _read_steps(folder, start, min(count, start + STEPS_PER_FILE))


def _finished_steps(folder: Path) -> int:
    """Return the number of stored steps up to the last state from which the rollout can continue."""
    done = 0
    while _steps_path(folder, done).exists():
        done += STEPS_PER_FILE
    while done and not _state_path(folder, done).exists():
        done -= STEPS_PER_FILE
    return done


def _write_steps(predictor: NextFramePredictor, folder: Path, start: int) -> None:
    """Generate one file of steps. Its state is written first, so that steps never exist without it."""
    stop = start + STEPS_PER_FILE
    with atomic_file(_steps_path(folder, start)) as steps:
        write_frames(steps, (frame_from_image(n, predictor.step()) for n in range(start, stop)), Fraction(1))
        with atomic_file(_state_path(folder, stop)) as state:
            np.savez(state, **predictor.state())  # pyright: ignore[reportArgumentType]
    if start:
        _state_path(folder, start).unlink(missing_ok=True)


def _read_steps(folder: Path, start: int, stop: int) -> Iterator[np.ndarray]:
    for frame in read_images(_steps_path(folder, start), stop):
        yield frame.image


def _steps_path(folder: Path, start: int) -> Path:
    return folder / f"steps-{start:06d}.nut"


def _state_path(folder: Path, steps: int) -> Path:
    return folder / f"state-{steps:06d}.npz"
