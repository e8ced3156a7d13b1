"""Hints: painted strokes, followed through their shots and spread over the objects that they lie on.

The points of the strokes are followed along optical flow through the whole shot, once, before the film is colorized
(`follow_hints`). In every frame whose colours are predicted they are spread anew, along geodesic distances that are
short where luma is even and long across its edges (Criminisi, Sharp and Blake 2008); the network's prediction remains
where no stroke reaches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from reimagine.errors import StageError
from reimagine.files import atomic_file
from reimagine.media.images.colour import lightness_table
from reimagine.media.images.guided import guided_upsample
from reimagine.media.motion import propagation_luma, propagation_size, track_points
from reimagine.media.video.clip import Clip
from reimagine.media.video.film import fingerprint
from reimagine.media.video.frames import Shot
from reimagine.progress import Progress
from reimagine.stages.colorize.options import find_hints
from reimagine.stages.colorize.strokes import Strokes, read_strokes

MAX_DISTANCE = 1500
"""Frames before and after a hint through which its strokes are followed; their lumas are held in memory."""
EDGE_SCALE = 9.0
"""Change of luma between two pixels (of 255) that counts as one unit of geodesic distance."""
NOISE = 1.5
"""Change of luma between two pixels that counts as grain."""
REACH = 0.8
"""Distance in even luma, as a fraction of the picture's long side, that counts as one unit."""
TONE_SCALE = 40.0
"""Difference of luma from the stroke's own, beyond `TONE_TOLERANCE`, that counts as one unit: a leak is stopped."""
TONE_TOLERANCE = 15.0
"""Difference of luma from the stroke's own within which a pixel belongs to the same surface."""
NEIGHBOURS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**0.5), (1, -1, 2**0.5))
"""Offsets (y, x) of half of a pixel's eight neighbours, with their distance."""


@dataclass(frozen=True)
class Hints:
    """The points of all strokes in every frame that shows them.

    Attributes:
        frames: (N,) int32, frame number of each point, sorted.
        positions: (N, 2) float32, x and y in pixels at `propagation_size`.
        lab: (N, 3) float32, painted colour in CIELAB.
    """

    frames: np.ndarray
    positions: np.ndarray
    lab: np.ndarray

    @classmethod
    def read(cls, hint: Sequence[Path]) -> Hints | None:
        """The points that `follow_hints` wrote; None without hints.

        Raises:
            StageError: the hints are pictures, which have not been followed.
        """
        if not hint:
            return None
        if hint[0].suffix != ".npz":
            raise StageError("--hint needs the whole film: colorize it with reimagine.run, or call prepare first")
        with np.load(hint[0], allow_pickle=False) as stored:
            return cls(stored["frames"], stored["positions"], stored["lab"])

    def apply(self, frame: int, luma: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """The ab of a frame (h, w, 2) in which the objects under the strokes have their colours.

        Args:
            luma: (h, w) uint8, the frame's at `propagation_size`.
            ab: prediction of the same size; another size is enlarged along the edges of luma if there are strokes.
        """
        start, stop = np.searchsorted(self.frames, [frame, frame + 1])
        if start == stop:
            return ab
        guide = luma.astype(np.float32) / 255
        ab = ab if ab.shape[:2] == luma.shape else guided_upsample(ab, guide)
        distance, nearest = stroke_distances(luma, self.positions[start:stop])
        painted = self.lab[start:stop][nearest]
        # darker pixels of the same paint have less chroma; lighter ones do not have more
        chroma = np.minimum(lightness_table()[luma] / np.maximum(painted[..., 0], 1), 1)[..., None]
        influence = np.exp(-(distance**2))[..., None]
        change = np.dstack([influence, painted[..., 1:] * chroma * influence]).astype(np.float32)
        change = guided_upsample(change, guide)
        return ab * (1 - change[..., :1]) + change[..., 1:]


def stroke_distances(luma: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geodesic distance of every pixel from the strokes, and the point that is nearest.

    Args:
        luma: (h, w) uint8.
        positions: (P, 2) float32, x and y.

    Returns:
        Distance (h, w) float32, 1 is the end of the reach; index (h, w) of the nearest point.
    """
    h, w = luma.shape
    smooth = cv2.bilateralFilter(luma, 5, 25, 2).astype(np.float32)
    x, y = np.clip(np.rint(positions).astype(int), 0, (w - 1, h - 1)).T
    points = y * w + x
    distance, _, source = dijkstra(
        _pixel_graph(smooth), directed=False, indices=points, min_only=True, return_predecessors=True
    )
    of_pixel = np.zeros(h * w, int)
    of_pixel[points] = np.arange(len(points))
    nearest = of_pixel[source].reshape(h, w)
    tone = np.abs(smooth - smooth[y, x][nearest])
    distance = distance.reshape(h, w) + np.maximum(tone - TONE_TOLERANCE, 0) / TONE_SCALE
    return distance.astype(np.float32), nearest


def _pixel_graph(luma: np.ndarray) -> coo_matrix:
    """The graph of all pixels of luma (h, w) float32, with the distances to their neighbours."""
    h, w = luma.shape
    number, step = np.arange(h * w).reshape(h, w), 1 / (REACH * max(h, w))
    starts, ends, lengths = [], [], []
    for down, right, distance in NEIGHBOURS:
        here = slice(0, h - down), slice(max(0, -right), w - max(0, right))
        there = slice(down, h), slice(max(0, right), w - max(0, -right))
        change = np.abs(luma[there] - luma[here])
        lengths.append((np.maximum(change - NOISE, 0) / EDGE_SCALE + step * distance).ravel())
        starts.append(number[here].ravel())
        ends.append(number[there].ravel())
    return coo_matrix((np.concatenate(lengths), (np.concatenate(starts), np.concatenate(ends))), (h * w, h * w))


def follow_hints(hint: Sequence[Path], clip: Clip, folder: Path, progress: Progress) -> tuple[Path, ...]:
    """Follow the strokes of all hints through their shots; write the points to a file in `folder` and return its path.

    Raises:
        StageError: a hint has no strokes, another shape than the film, or the number of a frame that does not exist.
    """
    stills = find_hints(hint)
    if not stills:
        return ()
    digest = hashlib.sha256("".join(f"{n}{fingerprint(path)}" for n, path in stills.items()).encode())
    written = folder / f"hints-{digest.hexdigest()[:12]}.npz"
    if written.exists():
        return (written,)
    if unknown := next((n for n in stills if n >= clip.frames), None):
        raise StageError(
            f"--hint {stills[unknown]}: the film has frames 0 to {clip.frames - 1}; name the still by its frame"
        )
    found = {number: strokes_at(number, path, clip) for number, path in stills.items()}
    empty = [number for number, strokes in found.items() if not len(strokes.positions)]
    if len(empty) == len(found) or any(stills[number] in hint for number in empty):
        raise StageError(f"--hint {stills[empty[0]]}: has no coloured strokes; paint some on the grey still")
    progress.begin("hints", sum(1 for number in found for _ in followed_range(number, clip)))
    rows = [row for n, s in found.items() if len(s.positions) for row in followed(n, s, clip, progress)]
    order = np.argsort([frame for frame, _ in rows], kind="stable")
    counts = [len(rows[place][1].positions) for place in order]
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(written) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            frames=np.repeat(np.array([rows[place][0] for place in order], np.int32), counts),
            positions=np.concatenate([rows[place][1].positions for place in order]),
            lab=np.concatenate([rows[place][1].lab for place in order]),
        )
    return (written,)


def strokes_at(number: int, path: Path, clip: Clip) -> Strokes:
    """The strokes of one hint, at the size at which the film is analyzed."""
    frame = next(clip.read(number, number + 1))
    return read_strokes(path, frame, propagation_size(frame))


def followed_range(number: int, clip: Clip) -> range:
    """The frames through which the strokes of a frame are followed: those of its shot."""
    shot = next((shot for shot in clip.shots if shot.start <= number < shot.stop), Shot(number, number + 1))
    return range(max(shot.start, number - MAX_DISTANCE), min(shot.stop, number + MAX_DISTANCE + 1))


def followed(number: int, strokes: Strokes, clip: Clip, progress: Progress) -> Iterator[tuple[int, Strokes]]:
    """The strokes of one hint in every frame of its shot that shows them: (frame number, strokes)."""
    frames = followed_range(number, clip)
    lumas = []
    for frame in clip.read(frames.start, frames.stop):
        lumas.append(propagation_luma(frame))
        progress.advance(1)
    yield number, strokes
    place = number - frames.start
    for step, sequence in ((1, lumas[place:]), (-1, lumas[place::-1])):
        for offset, points in enumerate(track_points(sequence, strokes.positions, strokes.numbers), 1):
            yield number + step * offset, strokes.where(points.present, points.positions)
