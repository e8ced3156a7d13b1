"""Colour a shot after one still that somebody has painted."""

from __future__ import annotations

import cv2
import numpy as np


class Reference:
    """An edited still, and how its colours differ from what the network would have made.

    Only the *difference* is carried, to where luma, the network's own colour and place agree
    (a joint bilateral lookup): an untouched still changes nothing, a repainted coat is repainted
    wherever the coat goes.
    """

    def __init__(self, grey: np.ndarray, wanted: np.ndarray, own: np.ndarray, reach: float = 12) -> None:
        """grey (h, w) uint8, wanted and own (h, w, 2) ab, all of the still; `reach` is how far
        apart in ab two places may be and still be near."""
        self.wanted, self.reach = wanted, reach
        self.keys = _keys(grey, own, reach)

    def transfer(self, grey: np.ndarray, ab: np.ndarray, per_step: int = 512) -> np.ndarray:
        """ab (h, w, 2) of another frame of the shot, coloured after the still."""
        asked, known = _keys(grey, ab, self.reach), self.keys
        wanted = self.wanted.reshape(-1, 2)
        out, trust = np.empty((len(asked), 2), np.float32), np.empty(len(asked), np.float32)
        square = (known**2).sum(1)
        for at in range(0, len(asked), per_step):
            near = asked[at : at + per_step]
            close = -(near**2).sum(1)[:, None] - square + 2 * near @ known.T
            best = close.max(1)
            odds = np.exp((close - best[:, None]) * 2)
            out[at : at + per_step] = odds @ wanted / odds.sum(1)[:, None]
            trust[at : at + per_step] = np.exp(best)
        share = cv2.blur(trust.reshape(ab.shape[:2]), (3, 3))[..., None]
        return ab + (out.reshape(ab.shape) - ab) * share


class Scene:
    """The colours of a view the film has shown before, for the shots that show it again.

    Asked at every keyframe, so it works at half the size and gives back an enlarged difference.
    """

    NEAR = 40.0
    """Difference in ab that two views of one thing may show."""

    def __init__(self, grey: np.ndarray, ab: np.ndarray) -> None:
        grey, ab = _half(grey), _half(ab)
        self.reference = Reference(grey, ab, ab, self.NEAR)

    def transfer(self, grey: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """ab (h, w, 2) of another shot's frame, brought to the scene's colours."""
        small = _half(ab)
        change = self.reference.transfer(_half(grey), small) - small
        return ab + cv2.resize(change, ab.shape[1::-1])


def _half(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def _keys(grey: np.ndarray, ab: np.ndarray, reach: float) -> np.ndarray:
    """(h * w, 6): luma, its neighbourhood, the network's colour, and place; one unit is "near"."""
    h, w = grey.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32) / max(h, w)
    tone = grey.astype(np.float32)
    around = cv2.GaussianBlur(tone, (0, 0), 2)
    parts = [tone / 20, around / 20, ab[..., 0] / reach, ab[..., 1] / reach, y / 0.15, x / 0.15]
    return np.stack(parts, 2).reshape(-1, 6).astype(np.float32)
