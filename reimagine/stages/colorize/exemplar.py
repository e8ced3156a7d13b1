"""Exemplar-based colour transfer: from an edited still to its shot, and between shots of the same scene."""

from __future__ import annotations

import cv2
import numpy as np

LUMA_SCALE = 20
"""Difference of luma, and of its neighbourhood's mean, that counts as one unit of distance (0..255)."""
NEIGHBOURHOOD = 2
"""Standard deviation in pixels of the Gaussian that gives the neighbourhood's mean luma."""
POSITION_SCALE = 0.15
"""Distance in the picture, as a fraction of its long side, that counts as one unit of distance."""
SHARPNESS = 2
"""Factor of negative squared distances in the softmax over the exemplar's pixels."""
STILL_AB_SCALE = 12.0
"""Difference of predicted ab, in CIELAB units, that counts as one unit of distance within a shot."""
SCENE_AB_SCALE = 40.0
"""The same between two shots of a scene, whose predictions differ more."""


class Exemplar:
    """An edited still and what the network predicts for it: transfers the edits to other frames of the shot.

    The transfer is a joint bilateral lookup on luma, predicted ab and position. It changes a prediction towards the
    still's ab only where a similar pixel exists in the still: an unedited still changes nothing, and an edit follows
    the object that it was made on.

    Args:
        grey: luma of the still, (h, w) uint8.
        edited: ab of the still, (h, w, 2) float32.
        predicted: the network's ab for the still's luma, (h, w, 2) float32.
        ab_scale: difference of predicted ab that counts as one unit of distance.
    """

    def __init__(
        self, grey: np.ndarray, edited: np.ndarray, predicted: np.ndarray, ab_scale: float = STILL_AB_SCALE
    ) -> None:
        self.edited = edited
        self.ab_scale = ab_scale
        self.keys = _descriptors(grey, predicted, ab_scale)

    def transfer(self, grey: np.ndarray, ab: np.ndarray, chunk: int = 512) -> np.ndarray:
        """Return the ab (h, w, 2) of another frame, adjusted to the still.

        Args:
            grey: luma of the frame, (h, w) uint8.
            ab: the network's prediction for it, (h, w, 2) float32.
            chunk: pixels that are compared with all of the still's at a time; bounds the memory.
        """
        queries, keys = _descriptors(grey, ab, self.ab_scale), self.keys
        values = self.edited.reshape(-1, 2)
        out, confidence = np.empty((len(queries), 2), np.float32), np.empty(len(queries), np.float32)
        square = (keys**2).sum(1)
        for start in range(0, len(queries), chunk):
            part = queries[start : start + chunk]
            closeness = -(part**2).sum(1)[:, None] - square + 2 * part @ keys.T
            best = closeness.max(1)
            weights = np.exp((closeness - best[:, None]) * SHARPNESS)
            out[start : start + chunk] = weights @ values / weights.sum(1)[:, None]
            confidence[start : start + chunk] = np.exp(best)
        share = cv2.blur(confidence.reshape(ab.shape[:2]), (3, 3))[..., None]
        return ab + (out.reshape(ab.shape) - ab) * share


class SimilarScene:
    """The colours of a scene in an earlier shot, for the later shots that show it again.

    It is used for every predicted frame, so it works at half the size and enlarges only the difference.

    Args:
        grey: luma of a frame of the earlier shot, (h, w) uint8.
        ab: the network's prediction for it, (h, w, 2) float32.
    """

    def __init__(self, grey: np.ndarray, ab: np.ndarray) -> None:
        grey, ab = _half_size(grey), _half_size(ab)
        self.exemplar = Exemplar(grey, ab, ab, SCENE_AB_SCALE)

    def transfer(self, grey: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return the ab (h, w, 2) of another shot's frame, adjusted to the scene."""
        small = _half_size(ab)
        change = self.exemplar.transfer(_half_size(grey), small) - small
        return ab + cv2.resize(change, ab.shape[1::-1])


def _half_size(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def _descriptors(grey: np.ndarray, ab: np.ndarray, ab_scale: float) -> np.ndarray:
    """Return (h * w, 6) float32: luma, its neighbourhood's mean, predicted ab and position, in units of distance."""
    h, w = grey.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32) / max(h, w)
    tone = grey.astype(np.float32)
    mean = cv2.GaussianBlur(tone, (0, 0), NEIGHBOURHOOD)
    parts = [
        tone / LUMA_SCALE,
        mean / LUMA_SCALE,
        ab[..., 0] / ab_scale,
        ab[..., 1] / ab_scale,
        y / POSITION_SCALE,
        x / POSITION_SCALE,
    ]
    return np.stack(parts, 2).reshape(-1, 6).astype(np.float32)
