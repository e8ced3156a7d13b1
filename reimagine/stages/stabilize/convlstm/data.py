"""Training data of the consistency network: clips with known motion, before and after a frame-by-frame model.

The clips come from films, where the motion is estimated as optical flow, and from photographs with synthetic motion,
where it is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reimagine.media.motion import optical_flow
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector
from reimagine.stages.stabilize.convlstm.motion import FlowBetween, animate_photos
from reimagine.training.films import list_films

CLIP_LENGTH = 7
"""Frames of a clip."""
MAX_STRIDE = 3
"""Largest distance of a clip's frames in the film, in frames: slow films move too little at stride 1."""
GREY_SOURCE_PROBABILITY = 0.6
"""Probability that a clip's source is made grey, because most films to be coloured are black-and-white."""
FLICKER_PROBABILITY = 0.5
"""Probability that synthetic flicker is added to a clip."""
FLICKER_GAIN = 0.06
"""Standard deviation of the logarithm of each frame's gain, per channel."""
FLICKER_OFFSET = 0.02
"""Standard deviation of each frame's offset (of values 0..1), per channel."""
FLICKER_CLOUDS = 0.08
"""Largest standard deviation of each frame's smooth random offset, which varies over 16 pixels."""
LUMA_WEIGHTS = np.array([[0.299], [0.587], [0.114]], np.float32)
"""BT.601 luma of R, G and B."""

Process = Callable[[list[Frame]], list[Frame]]
"""The model whose flicker is to be removed: frames in, processed frames out, each independent of the others."""


@dataclass(frozen=True)
class TrainingClip:
    """A clip of T frames.

    Attributes:
        source: (T, H, W, 3) uint8 RGB.
        processed: (T, H, W, 3) uint8 RGB, flickering.
        previous_flow: (T, H, W, 2) float16, from frame t to frame t - 1, in pixels.
        first_flow: (T, H, W, 2) float16, from frame t to frame 0, in pixels.
    """

    source: np.ndarray
    processed: np.ndarray
    previous_flow: np.ndarray
    first_flow: np.ndarray


def clips_of_films(
    folder: Path, size: int, per_shot: int, process: Process, rng: np.random.Generator
) -> Iterator[TrainingClip]:
    """Yield random clips of every shot of every film.

    Args:
        folder: of the films.
        size: height of the clips, in pixels.
        per_shot: clips per shot; shots that are too short give fewer.
        process: the model whose flicker is to be removed.
        rng: random generator.
    """
    for path in list_films(folder):
        detector = CutDetector()
        film = open_film(path, detector)
        for shot in detector.shots(film.frames):
            for _ in range(per_shot):
                stride = int(rng.integers(1, MAX_STRIDE + 1))
                if shot.stop - shot.start > CLIP_LENGTH * stride:
                    start = int(rng.integers(shot.start, shot.stop - CLIP_LENGTH * stride))
                    yield _clip(_read_clip(film, start, stride, size), None, process)


def _read_clip(film: Film, start: int, stride: int, size: int) -> list[np.ndarray]:
    frames = list(read_film(film, start, start + CLIP_LENGTH * stride))[::stride]
    width = round(film.width * size / film.height / 16) * 16
    return [cv2.resize(f.image, (width, size), interpolation=cv2.INTER_AREA) for f in frames]


def clips_of_photos(
    photos: list[np.ndarray], size: int, process: Process, rng: np.random.Generator
) -> Iterator[TrainingClip]:
    """Yield a clip per photograph: it is moved, and a part of another one moves in front of it.

    Args:
        photos: RGB (H, W, 3) uint8.
        size: height and width of the clips, in pixels.
        process: the model whose flicker is to be removed.
        rng: random generator.
    """
    for number in rng.permutation(len(photos)):
        foreground = photos[int(rng.integers(len(photos)))]
        images, exact_flow = animate_photos(photos[number], foreground, CLIP_LENGTH, size, rng)
        yield _clip(images, exact_flow, process)


def _clip(images: list[np.ndarray], exact_flow: FlowBetween | None, process: Process) -> TrainingClip:
    """Return a clip with its flows; without `exact_flow` they are estimated."""
    greys = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]

    def flow_between(t: int, other: int) -> np.ndarray:
        return exact_flow(t, other) if exact_flow else optical_flow(greys[t], greys[other])

    processed = process([frame_from_image(t, image) for t, image in enumerate(images)])
    times = range(len(images))
    return TrainingClip(
        source=np.stack(images),
        processed=np.stack([frame.image for frame in processed]),
        previous_flow=np.stack([flow_between(t, max(0, t - 1)) for t in times]).astype(np.float16),
        first_flow=np.stack([flow_between(t, 0) for t in times]).astype(np.float16),
    )


def random_crop(clip: TrainingClip, size: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return a random square of a clip, flipped horizontally half of the time, with random augmentation.

    Returns:
        Source and processed, (T, 3, size, size) float32 in 0..1, and the flows to the previous and to the first frame,
        (T, 2, size, size) float32 in pixels.
    """
    h, w = clip.source.shape[1:3]
    y, x = rng.integers(h - size + 1), rng.integers(w - size + 1)
    arrays = [
        array[:, y : y + size, x : x + size].astype(np.float32)
        for array in (clip.source, clip.processed, clip.previous_flow, clip.first_flow)
    ]
    if rng.random() < 0.5:
        arrays = [array[:, :, ::-1] for array in arrays]
        for flow in arrays[2:]:
            flow[..., 0] *= -1
    if rng.random() < GREY_SOURCE_PROBABILITY:
        arrays[0] = np.repeat(arrays[0] @ LUMA_WEIGHTS, 3, 3)
    source, processed, previous_flow, first_flow = (np.ascontiguousarray(a.transpose(0, 3, 1, 2)) for a in arrays)
    return source / 255, _with_flicker(processed / 255, rng), previous_flow, first_flow


def _with_flicker(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add random gain, offset and smooth clouds per frame, half of the time: (T, 3, S, S) float32 in 0..1."""
    if rng.random() < FLICKER_PROBABILITY:
        return images
    count, _, side, _ = images.shape
    gain = np.exp(rng.normal(0, FLICKER_GAIN, (count, 3, 1, 1)))
    offset = rng.normal(0, FLICKER_OFFSET, (count, 3, 1, 1))
    clouds = rng.standard_normal((count, side // 16, side // 16, 3), dtype=np.float32) * rng.uniform(0, FLICKER_CLOUDS)
    clouds = np.stack([cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in clouds])
    return np.clip(images * gain + offset + clouds.transpose(0, 3, 1, 2), 0, 1).astype(np.float32)
