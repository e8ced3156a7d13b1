"""Training frames from films in colour, each with its two neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector

from ..unet.data import ab_of, degrade

NEW_FRAME_DIFFERENCE = 2.5
"""Mean difference of luma (0..255) from the latest training frame; frames that differ less are near-duplicates."""
THUMBNAIL = (32, 24)
"""Width and height, in pixels, at which near-duplicates are compared; grain is gone there."""
FLAT_SHARE = 0.9
"""Share of a frame's pixels in one of 16 bins of luma above which it is a title card or nearly black."""
LEAST_CHROMA = 2.0
"""Mean chroma (0..128) below which a frame is grey."""
SHORT_SIDE = 184
"""Short side, in pixels, at which training frames are stored; a little more than crops of the default size."""


@dataclass(frozen=True)
class TrainingFrame:
    """A frame of a film with the luma of its neighbours.

    Attributes:
        greys: luma of the previous frame, of the frame and of the next one, (3, H, W) uint8.
        image: RGB, (H, W, 3) uint8.
        shot: number of its shot.
    """

    greys: np.ndarray
    image: np.ndarray
    shot: int


def read_training_frames(path: Path, until: float = 1.0, limit: int = 600) -> list[TrainingFrame]:
    """Return the frames of a film that are useful for training.

    These are in colour, no title cards or credits, no near-duplicates, and both neighbours are in the same shot.

    Args:
        path: the film.
        until: end of the part that is used, as a fraction of the film.
        limit: at most this many frames, evenly spaced among those found.

    Raises:
        MediaError: the film has no such frame.
    """
    detector = CutDetector()
    film = open_film(path, detector)
    stop = max(3, round(film.frames * until))
    found: list[TrainingFrame] = []
    for number, shot in enumerate(detector.shots(film.frames)):
        if shot.start < stop:
            found += _frames_of_shot(read_film(film, shot.start, min(shot.stop, stop)), number)
    if not found:
        raise MediaError(f"{path}: no frames to learn colours from; the film is grey, or shows only title cards")
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, limit).astype(int))]


def _frames_of_shot(frames: Iterator[Frame], number: int) -> Iterator[TrainingFrame]:
    last: np.ndarray | None = None
    window: list[Frame] = []
    for frame in frames:
        window = [*window[-2:], frame]
        if len(window) < 3:
            continue
        small = cv2.resize(window[1].grey, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        if (last is not None and np.abs(small - last).mean() < NEW_FRAME_DIFFERENCE) or not is_informative(window[1]):
            continue
        last = small
        size = _reduced_size(window[1])
        yield TrainingFrame(
            np.stack([f.resized_grey(size) for f in window]),
            cv2.resize(window[1].image, size, interpolation=cv2.INTER_AREA),
            number,
        )


def is_informative(frame: Frame) -> bool:
    """Return whether a frame is in colour and not flat, as title cards and black frames are."""
    counts = np.bincount(frame.resized_grey((64, 48)).ravel() // 16, minlength=16)
    cb, cr = (np.abs(c.astype(np.float32) - 128).mean() for c in frame.chroma)
    return bool(counts.max() < FLAT_SHARE * counts.sum() and np.hypot(cb, cr) > LEAST_CHROMA)


def _reduced_size(frame: Frame) -> tuple[int, int]:
    scale = min(1.0, SHORT_SIDE / min(frame.width, frame.height))
    return max(16, round(frame.width * scale)), max(16, round(frame.height * scale))


def split(frames: list[TrainingFrame]) -> tuple[list[TrainingFrame], list[TrainingFrame]]:
    """Return (training, validation) frames.

    Every sixth shot is held out for validation; of films with less than six shots, the last 12 % of the frames.
    """
    shots = sorted({f.shot for f in frames})
    if len(shots) >= 6:
        out = set(shots[3::6])
        return [f for f in frames if f.shot not in out], [f for f in frames if f.shot in out]
    cut = max(1, min(round(len(frames) * 0.88), len(frames) - 1))
    return frames[:cut], frames[cut:] or frames


def batches(frames: list[TrainingFrame], size: int, batch: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches endlessly: luma (N, 3, S, S) in 0..1 and ab (N, 2, S/4, S/4), float32.

    Half of the crops are degraded as old film is, with the same parameters for the three frames.
    """
    rng = np.random.default_rng(seed)
    while True:
        chosen = [frames[i] for i in rng.integers(0, len(frames), batch)]
        greys, ab = zip(*(_random_pair(f, size, rng) for f in chosen), strict=True)
        yield np.stack(greys), np.stack(ab)


def _random_pair(frame: TrainingFrame, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return luma (3, S, S) and ab (2, S/4, S/4) of a random square crop, half mirrored."""
    h, w = frame.image.shape[:2]
    side = int(min(h, w) * rng.uniform(0.7, 1.0))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    step = 1 if rng.random() < 0.5 else -1

    def crop(image: np.ndarray) -> np.ndarray:
        square = cv2.resize(image[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(square[:, ::step])

    greys = [crop(g).astype(np.float32) / 255 for g in frame.greys]
    if rng.random() < 0.5:
        seed = int(rng.integers(1 << 30))
        greys = [degrade(g, np.random.default_rng(seed)) for g in greys]
    return np.stack(greys), ab_of(crop(frame.image)).transpose(2, 0, 1)


def whole_pair(frame: TrainingFrame, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return luma (3, h, w) in 0..1 and ab (2, h/4, w/4) of a whole frame, short side about `size`."""
    h, w = frame.image.shape[:2]
    sides = [max(32, round(s * size / min(h, w) / 16) * 16) for s in (w, h)]
    planes = (*frame.greys, frame.image)
    *greys, image = (cv2.resize(x, sides, interpolation=cv2.INTER_AREA) for x in planes)
    return np.stack(greys).astype(np.float32) / 255, ab_of(image).transpose(2, 0, 1)
