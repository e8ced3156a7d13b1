"""Clips that move, as the source shows them and as a frame-by-frame tool left them.

From films, where optical flow says how things moved; and from photographs set in motion, where
the motion is known exactly because it was made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reimagine.media.film import Film
from reimagine.media.frames import Frame, frame_from_image
from reimagine.media.motion.flow import optical_flow
from reimagine.media.reader import open_film, read_film
from reimagine.media.shots import CutDetector
from reimagine.training.films import list_films

LENGTH = 7
"""Frames of a clip."""

Process = Callable[[list[Frame]], list[Frame]]
"""What made the flicker: frames in, frames out, each by itself."""


@dataclass(frozen=True)
class Clip:
    """`source` and `processed` (T, H, W, 3) uint8 RGB; `back` and `first` (T, H, W, 2) float16
    flows from frame t to frame t - 1 and to frame 0."""

    source: np.ndarray
    processed: np.ndarray
    back: np.ndarray
    first: np.ndarray


def of_films(folder: Path, size: int, per_shot: int, process: Process, rng) -> Iterator[Clip]:
    """Stretches of every shot of every film in a folder, `size` pixels high, one frame in one to
    three."""
    for file in list_films(folder):
        detector = CutDetector()
        film = open_film(file, detector)
        for shot in detector.shots(film.frames):
            for _ in range(per_shot):
                step = int(rng.integers(1, 4))
                if shot.stop - shot.start > LENGTH * step:
                    start = int(rng.integers(shot.start, shot.stop - LENGTH * step))
                    yield _clip(_stretch(film, start, step, size), None, process)


def _stretch(film: Film, start: int, step: int, size: int) -> list[np.ndarray]:
    frames = list(read_film(film, start, start + LENGTH * step))[::step]
    width = round(film.width * size / film.height / 16) * 16
    return [cv2.resize(f.image, (width, size), interpolation=cv2.INTER_AREA) for f in frames]


def of_photos(photos: list[np.ndarray], size: int, process: Process, rng) -> Iterator[Clip]:
    """Photographs panned, turned and zoomed, a piece of another one passing before them."""
    for number in rng.permutation(len(photos)):
        front = photos[int(rng.integers(len(photos)))]
        yield _clip(*_moved(photos[number], front, size, rng), process)


def _moved(behind: np.ndarray, front: np.ndarray, size: int, rng) -> tuple[list[np.ndarray], Callable]:
    """The frames, and a function (from, to) -> exact flow."""
    ways = [_way(size, 1.5, rng), _way(size, 6, rng)]
    shape = _blob(size, rng)
    pictures, covers = [], []
    scaled = [_covering(p, size * 2) for p in (behind, front)]
    for t in range(LENGTH):
        places = [_places(way(t), size) for way in ways]
        far, near = (
            cv2.remap(p, at + size / 2, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            for p, at in zip(scaled, places, strict=True)
        )
        cover = cv2.remap(shape, places[1], None, cv2.INTER_LINEAR, borderValue=0.0)
        pictures.append((far + (near - far.astype(np.float32)) * cover[..., None]).astype(np.uint8))
        covers.append(cover > 0.5)

    def exact(here: int, there: int) -> np.ndarray:
        flows = []
        for way in ways:
            home = np.linalg.inv(_square(way(there))) @ _square(way(here))
            flows.append(_places(home[:2], size) - _places(np.eye(2, 3), size))
        return np.where(covers[here][..., None], flows[1], flows[0]).astype(np.float32)

    return pictures, exact


def _way(size: int, speed: float, rng) -> Callable[[int], np.ndarray]:
    """A steady camera move: at time t, the (2, 3) matrix from the frame to the photograph."""
    shift, turn = rng.normal(0, speed, 2), rng.normal(0, 0.004 * speed)
    zoom = rng.normal(0, 0.004 * speed)

    def at(t: int) -> np.ndarray:
        move = cv2.getRotationMatrix2D((size / 2, size / 2), float(np.degrees(turn * t)), 1 + zoom * t)
        move[:, 2] += shift * t
        return move

    return at


def _square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0, 0, 1]])


def _places(matrix: np.ndarray, size: int) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    return cv2.transform(np.dstack([x, y]), matrix.astype(np.float32))


def _blob(size: int, rng) -> np.ndarray:
    noise = cv2.GaussianBlur(rng.standard_normal((size, size), dtype=np.float32), (0, 0), size / 10)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    inside = noise / noise.std() * 0.4 + 1 - 2.2 * np.hypot(x, y)
    return cv2.GaussianBlur((inside > 0).astype(np.float32), (0, 0), 0.7)


def _covering(photo: np.ndarray, side: int) -> np.ndarray:
    scale = side / min(photo.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=way)[:side, :side]


def _clip(pictures: list[np.ndarray], exact: Callable | None, process: Process) -> Clip:
    greys = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in pictures]

    def between(here: int, there: int) -> np.ndarray:
        return exact(here, there) if exact else optical_flow(greys[here], greys[there])

    made = process([frame_from_image(n, p) for n, p in enumerate(pictures)])
    times = range(len(pictures))
    return Clip(
        np.stack(pictures),
        np.stack([f.image for f in made]),
        np.stack([between(t, max(0, t - 1)) for t in times]).astype(np.float16),
        np.stack([between(t, 0) for t in times]).astype(np.float16),
    )


def crop(clip: Clip, size: int, rng) -> tuple[np.ndarray, ...]:
    """A square of a clip, perhaps mirrored: source and processed (T, 3, S, S) float32 in 0..1,
    back and first (T, 2, S, S) float32."""
    h, w = clip.source.shape[1:3]
    y, x = rng.integers(h - size + 1), rng.integers(w - size + 1)
    parts = [
        p[:, y : y + size, x : x + size].astype(np.float32)
        for p in (clip.source, clip.processed, clip.back, clip.first)
    ]
    if rng.random() < 0.5:
        parts = [p[:, :, ::-1] for p in parts]
        for flows in parts[2:]:
            flows[..., 0] *= -1
    if rng.random() < 0.6:  # a black-and-white film is the usual guide
        parts[0] = np.repeat(parts[0] @ np.float32([[0.299], [0.587], [0.114]]), 3, 3)
    source, processed, back, first = (np.ascontiguousarray(p.transpose(0, 3, 1, 2)) for p in parts)
    return source / 255, _flickered(processed / 255, rng), back, first


def _flickered(pictures: np.ndarray, rng) -> np.ndarray:
    """Sometimes more flicker than was there: each frame with a tone, and clouds, of its own."""
    if rng.random() < 0.5:
        return pictures
    count, _, side, _ = pictures.shape
    gain = np.exp(rng.normal(0, 0.06, (count, 3, 1, 1)))
    lift = rng.normal(0, 0.02, (count, 3, 1, 1))
    clouds = rng.standard_normal((count, side // 16, side // 16, 3), dtype=np.float32) * rng.uniform(0, 0.08)
    clouds = np.stack([cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in clouds])
    return np.clip(pictures * gain + lift + clouds.transpose(0, 3, 1, 2), 0, 1).astype(np.float32)
