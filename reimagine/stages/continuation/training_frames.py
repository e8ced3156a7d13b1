"""The frames of a film that a continuation model learns from: reduced in size, in order, at a fixed stride."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.files import write_text_atomically
from reimagine.media.motion import optical_flow
from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import Shot
from reimagine.progress import NoProgress, Progress

SPLIT: Mapping[str, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
"""Fraction of every shot, from its beginning, for each purpose."""
MIN_FRAMES = 24
"""Training frames that a shot must have: with fewer, validation and test have no pair."""
FRAMES_BEFORE_STRIDE = 72
"""Training frames of a shot below which no frames are skipped: motion matters less than the number of examples."""
MAX_FRAMES = 1500
"""Training frames, at most; the film's last ones. They are held in memory (184 MB at 320 x 128)."""
MIN_MOTION = 0.15
"""Mean change of blurred luma (of 255) from frame to frame of a film in which only the grain moves."""
MOTION_FRAMES = 200
"""Training frames in which motion is measured, at most."""
STRIDE_FRAMES = 120
"""Frames from which the stride is chosen, at most; the last ones of a shot."""
STRIDE_SIZE = (224, 128)
"""Size (w, h) in pixels at which the stride is chosen."""
STRIDE_MOTION = 1.5
"""Motion in pixels of the fastest pixels (the 98th percentile) from one training frame to the next, at that size."""
MAX_STRIDE = 4
"""Stride that is chosen at most: with longer steps, interpolated frames show artifacts."""
HOLD_HINT = "--model hold repeats the last frame"
"""End of the error messages: the model that works for any film."""


@dataclass(frozen=True)
class TrainingFrames:
    """Frames of a film in order.

    Attributes:
        frames: (n, h, w, 3) uint8 RGB.
        numbers: (n,) int, their numbers in the film.
        stops: (n,) int, for each frame the index in `frames` at which its shot ends.
        stride: film frames from one training frame to the next.
    """

    frames: np.ndarray
    numbers: np.ndarray
    stops: np.ndarray
    stride: int = 1

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def size(self) -> tuple[int, int]:
        """(w, h) in pixels."""
        return self.frames.shape[2], self.frames.shape[1]

    def remaining_steps(self, mask: np.ndarray | None = None) -> np.ndarray:
        """For each frame, the number of steps forward that stay in its shot and inside `mask`, (n,) bool: (n,) int."""
        inside = np.ones(len(self), bool) if mask is None else mask
        steps = np.zeros(len(self), int)
        for n in reversed(range(len(self) - 1)):
            if inside[n] and inside[n + 1] and n + 1 < self.stops[n]:
                steps[n] = steps[n + 1] + 1
        return steps

    def split(self) -> dict[str, np.ndarray]:
        """The remaining steps inside each part of `SPLIT`, by the part's name: (n,) int each."""
        numbers = np.arange(len(self))
        starts = np.searchsorted(self.stops, self.stops)
        position, steps, begin = (numbers - starts) / (self.stops - starts), {}, 0.0
        for name, size in SPLIT.items():
            steps[name] = self.remaining_steps((position >= begin - 1e-9) & (position < begin + size - 1e-9))
            begin += size
        return steps

    def write_pairs(self, path: Path) -> None:
        """Write each pair of consecutive training frames as CSV: part of the split, frame number, next number."""
        lines = [
            f"{name},{self.numbers[n]},{self.numbers[n + 1]}"
            for name, steps in self.split().items()
            for n in np.flatnonzero(steps)
        ]
        write_text_atomically(path, "\n".join(["split,frame,next", *lines, ""]))


def resize_by_area(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image (H, W, C) averaged by area to a smaller size (w, h); same dtype."""
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def rgb_to_luma(image: np.ndarray) -> np.ndarray:
    """BT.601 luma (H, W) of RGB (H, W, 3); same dtype."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def collect_training_frames(
    clip: Clip, stride: int, size: tuple[int, int], progress: Progress | None = None
) -> TrainingFrames:
    """Every `stride`-th frame (0: chosen from the film's motion) of each shot that is long enough, at (w, h).

    Raises:
        StageError: no shot is long enough, or nothing moves.
    """
    needed = MIN_FRAMES * max(1, stride)
    shots = [s for s in clip.shots if s.stop - s.start >= needed]
    if not shots:
        longest = max(s.stop - s.start for s in clip.shots)
        raise StageError(
            f"continue: the longest shot of {clip.name} has {longest} frames, and {needed} "
            f"are needed to learn from it; {HOLD_HINT}"
        )
    stride = stride or _stride_of_shot(clip, shots[-1])
    ranges = [range(s.start, s.stop, stride) for s in shots if s.stop - s.start >= MIN_FRAMES * stride]
    lengths = [*map(len, ranges)]
    numbers, stops = np.concatenate(ranges), np.repeat(np.cumsum(lengths), lengths)
    dropped = max(0, len(numbers) - MAX_FRAMES)
    numbers, stops = numbers[dropped:], stops[dropped:] - dropped
    frames = TrainingFrames(_read(clip, numbers, size, progress or NoProgress()), numbers, stops, stride)
    if mean_change(frames) < MIN_MOTION:
        raise StageError(f"continue: nothing moves in {clip.name}, so nothing can be learned from it; {HOLD_HINT}")
    return frames


def _read(clip: Clip, numbers: np.ndarray, size: tuple[int, int], progress: Progress) -> np.ndarray:
    """The frames with these numbers, at (w, h): (n, h, w, 3) uint8 RGB."""
    progress.begin("read", len(numbers))
    frames = np.empty((len(numbers), *size[::-1], 3), np.uint8)
    indices = {int(number): index for index, number in enumerate(numbers)}
    for frame in clip.read(int(numbers[0]), int(numbers[-1]) + 1):
        if frame.index in indices:
            frames[indices[frame.index]] = resize_by_area(frame.image, size)
            progress.advance(1)
    return frames


def _stride_of_shot(clip: Clip, shot: Shot) -> int:
    start = max(shot.start, shot.stop - STRIDE_FRAMES)
    chosen = choose_stride([resize_by_area(f.image, STRIDE_SIZE) for f in clip.read(start, shot.stop)])
    return max(1, min(chosen, (shot.stop - shot.start) // FRAMES_BEFORE_STRIDE))


def choose_stride(frames: Sequence[np.ndarray], most: int = MAX_STRIDE) -> int:
    """The stride, 1 to `most`, at which the fastest pixels move by about `STRIDE_MOTION` pixels.

    Args:
        frames: (h, w, 3) uint8 RGB, consecutive frames of one shot.
        most: the largest stride.
    """
    motion = []
    for current, following in zip(frames[::4], frames[1::4], strict=False):
        flow = optical_flow(rgb_to_luma(current), rgb_to_luma(following))
        motion.append(np.quantile(np.linalg.norm(flow, axis=2), 0.98))
    pixels = float(np.mean(motion)) if motion else 0.0
    return int(np.clip(round(STRIDE_MOTION / max(pixels, 1e-3)), 1, most))


def mean_change(frames: TrainingFrames) -> float:
    """Mean absolute change of blurred luma (of 255) between consecutive training frames."""
    blurred = [cv2.GaussianBlur(rgb_to_luma(f), (0, 0), 2).astype(np.float32) for f in frames.frames[:MOTION_FRAMES]]
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(blurred)]))
