"""What of a film is learnt from: frames far enough apart to be steps, small, in the film's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.clip import Clip
from reimagine.media.files import write_text_atomically
from reimagine.media.frames import Shot
from reimagine.media.motion.flow import optical_flow

SPLIT = {"train": 0.7, "validation": 0.15, "test": 0.15}
LEAST, ENOUGH, MOST = 24, 72, 1500
"""Moments that a shot must have to be learnt from; as many as make it worth while to leave out frames between
them; and that are kept at most: the film's last ones."""
STILL = 0.15
"""Of 255, the mean change from moment to moment of a film in which nothing moves but its grain."""
SIGHT = 224, 128
"""The size (w, h) at which motion is judged."""
INSTEAD = "--model hold repeats the last frame"


@dataclass(frozen=True)
class TrainingFrames:
    """Frames of a film in order.

    Attributes:
        frames: (n, h, w, 3) uint8 RGB.
        numbers: which frames of the film they are, (n,).
        stops: of each, the place (in `frames`) at which its shot ends, (n,).
        every: how many of the film's frames it is from one to the next.
    """

    frames: np.ndarray
    numbers: np.ndarray
    stops: np.ndarray
    every: int = 1

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def size(self) -> tuple[int, int]:
        """(w, h)."""
        return self.frames.shape[2], self.frames.shape[1]

    def room(self, allowed: np.ndarray | None = None) -> np.ndarray:
        """How many steps on from each moment stay in its shot and where `allowed`, (n,) bool, says."""
        free = np.ones(len(self), bool) if allowed is None else allowed
        steps = np.zeros(len(self), int)
        for n in reversed(range(len(self) - 1)):
            if free[n] and free[n + 1] and n + 1 < self.stops[n]:
                steps[n] = steps[n + 1] + 1
        return steps

    def split(self) -> dict[str, np.ndarray]:
        """Room for each purpose: 70 % of every shot to train on, then 15 % and 15 % to see how it went."""
        numbers = np.arange(len(self))
        starts = np.searchsorted(self.stops, self.stops)
        part, made, share = (numbers - starts) / (self.stops - starts), {}, 0.0
        for name, size in SPLIT.items():
            made[name] = self.room((part >= share - 1e-9) & (part < share + size - 1e-9))
            share += size
        return made

    def list_pairs(self, path: Path) -> None:
        """Which frame is to lead to which, and what for, as CSV."""
        lines = [
            f"{name},{self.numbers[n]},{self.numbers[n + 1]}"
            for name, room in self.split().items()
            for n in np.flatnonzero(room)
        ]
        write_text_atomically(path, "\n".join(["for,frame,next", *lines, ""]))


def small(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture shrunk to (w, h) by area."""
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def collect_training_frames(clip: Clip, every: int, size: tuple[int, int], progress: Any = None) -> TrainingFrames:
    """Every so-manieth frame (0: chosen from the film's motion) of each shot that is long enough, at (w, h).

    Raises:
        StageError: nothing moves, or no shot is long enough.
    """
    needed = LEAST * max(1, every)
    shots = [s for s in clip.shots if s.stop - s.start >= needed]
    if not shots:
        longest = max(s.stop - s.start for s in clip.shots)
        raise StageError(
            f"continue: the longest shot of {clip.name} has {longest} frames, and {needed} "
            f"are needed to learn how it goes on; {INSTEAD}"
        )
    every = every or _paced(clip, shots[-1])
    taken = [range(s.start, s.stop, every) for s in shots if s.stop - s.start >= LEAST * every]
    lengths = [*map(len, taken)]
    numbers, stops = np.concatenate(taken), np.repeat(np.cumsum(lengths), lengths)
    drop = max(0, len(numbers) - MOST)
    numbers, stops = numbers[drop:], stops[drop:] - drop
    moments = TrainingFrames(_read(clip, numbers, size, progress), numbers, stops, every)
    if moved(moments) < STILL:
        raise StageError(f"continue: nothing moves in {clip.name}, so nothing can be learnt; {INSTEAD}")
    return moments


def _read(clip: Clip, numbers: np.ndarray, size: tuple[int, int], progress: Any) -> np.ndarray:
    if progress:
        progress.begin("read", len(numbers))
    frames = np.empty((len(numbers), *size[::-1], 3), np.uint8)
    places = {int(number): place for place, number in enumerate(numbers)}
    for frame in clip.read(int(numbers[0]), int(numbers[-1]) + 1):
        if frame.index in places:
            frames[places[frame.index]] = small(frame.image, size)
            if progress:
                progress.advance(1)
    return frames


def _paced(clip: Clip, shot: Shot) -> int:
    start = max(shot.start, shot.stop - 120)
    chosen = pace([small(f.image, SIGHT) for f in clip.read(start, shot.stop)])
    return max(1, min(chosen, (shot.stop - shot.start) // ENOUGH))


def pace(frames: Sequence[np.ndarray], most: int = 4) -> int:
    """Every how-manieth frame to take so that a step is a step: what moves quickest between two that are
    taken (a fiftieth of the picture) moves a pixel and a half. Frames are (h, w, 3) uint8, of one shot."""
    far = []
    for here, there in zip(frames[::4], frames[1::4], strict=False):
        far.append(np.quantile(np.linalg.norm(optical_flow(grey(here), grey(there)), axis=2), 0.98))
    quick = float(np.mean(far)) if far else 0.0
    return int(np.clip(round(1.5 / max(quick, 1e-3)), 1, most))


def moved(moments: TrainingFrames) -> float:
    """Mean change of softened luma (of 255) from each of the first moments to the next."""
    soft = [cv2.GaussianBlur(grey(f), (0, 0), 2).astype(np.float32) for f in moments.frames[:200]]
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(soft)]))
