"""Frames of a film as exemplars: finding one that resembles an image, and aligning the image with it."""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.motion import forward_backward_error, optical_flow, warp_backward
from reimagine.stages.continuation.training_frames import TrainingFrames, rgb_to_luma

SHORT_SIDE = 128
"""Short side, in pixels, of the images that the network processes."""
MAX_LONG_SIDE = 320
"""Long side of these images, in pixels, at most."""
SIZE_MULTIPLE = 16
"""Both sides are multiples of this, because the network halves them four times."""
DESCRIPTOR_SIDE = 24
"""Side in pixels of the squares that images are reduced to for comparison: layout counts, detail does not."""
CHANGE_WEIGHT = 2.0
"""Weight of the difference in motion relative to the difference in appearance when exemplars are compared."""
MIN_SEPARATION = 8
"""Frames of the bank that lie nearer to each other than this count as the same exemplar."""
DISTANCE_SAMPLES = 100
"""Exemplars from which the typical distance is measured, at most."""


def network_size(width: int, height: int) -> tuple[int, int]:
    """Size (w, h) at which the network processes a film of this size, in pixels."""
    scale = min(SHORT_SIDE / min(width, height), MAX_LONG_SIDE / max(width, height))
    w, h = (max(SIZE_MULTIPLE, round(side * scale / SIZE_MULTIPLE) * SIZE_MULTIPLE) for side in (width, height))
    return w, h


def descriptor(image: np.ndarray) -> np.ndarray:
    """A much reduced copy of an image (H, W, 3), as one row of 3 * DESCRIPTOR_SIDE ** 2 float32 values, 0..255."""
    side = DESCRIPTOR_SIDE
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()


def mean_gradient(image: np.ndarray) -> float:
    """Mean absolute horizontal difference of the luma of an image (h, w, 3) uint8; blur makes it small."""
    return float(np.abs(np.diff(rgb_to_luma(image).astype(np.int16), axis=1)).mean())


class ExemplarBank:
    """The training frames of a film, with descriptors for finding similar ones and flows between consecutive ones.

    Attributes:
        training_frames: see `TrainingFrames`; `frames` are its images.
        descriptors: (n, 3 * DESCRIPTOR_SIDE ** 2) float32, one row per frame.
        changes: the same shape, the difference from each frame's descriptor to that of the next frame.
    """

    def __init__(self, training_frames: TrainingFrames) -> None:
        self.training_frames, self.frames = training_frames, training_frames.frames
        self.descriptors = np.stack([descriptor(f) for f in self.frames])
        following = np.minimum(np.arange(len(training_frames)) + 1, training_frames.stops - 1)
        self.changes = self.descriptors[following] - self.descriptors
        self._flows: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.frames)

    def backward_flow(self, index: int) -> np.ndarray:
        """Flow from the frame after this one back to it, (h, w, 2) float32. It is computed once."""
        if index not in self._flows:
            current, following = (rgb_to_luma(self.frames[n]) for n in (index, index + 1))
            self._flows[index] = optical_flow(following, current).astype(np.float16)
        return self._flows[index].astype(np.float32)

    def typical_distance(self) -> float:
        """Median distance between the descriptor of a frame and the nearest one that is not a neighbour in time."""
        samples = np.linspace(0, len(self) - 1, min(len(self), DISTANCE_SAMPLES)).astype(int)
        nearest = []
        for n in samples:
            others = np.abs(np.arange(len(self)) - n) >= MIN_SEPARATION
            nearest.append(np.abs(self.descriptors[others] - self.descriptors[n]).mean(1).min())
        return float(np.median(nearest))

    def distances(self, query: np.ndarray, change: np.ndarray) -> np.ndarray:
        """Distance in appearance and motion of every frame from a descriptor and its change since the last: (n,)."""
        appearance, motion = np.abs(self.descriptors - query).mean(1), np.abs(self.changes - change).mean(1)
        return appearance + CHANGE_WEIGHT * motion


def align(image: np.ndarray, bank: ExemplarBank, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Align an image with a frame of the bank, for the prediction of the next image.

    Args:
        image: (h, w, 3) uint8 RGB.
        index: of a frame that resembles the image.

    Returns:
        The initial estimates of `net.NetInput`: motion (h, w, 2), alignment (h, w, 2), confidence (h, w), float32.
    """
    luma, exemplar = rgb_to_luma(image), rgb_to_luma(bank.frames[index])
    forward, backward = optical_flow(luma, exemplar), optical_flow(exemplar, luma)
    motion = warp_backward(bank.backward_flow(index), forward)
    confidence = np.exp(-forward_backward_error(forward, backward))
    return motion, warp_backward(forward, motion), warp_backward(confidence, motion)
