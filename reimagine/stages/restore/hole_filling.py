"""The middle of a large hole: to a network that looks only so far, a white wall. Where it is, and a quiet
guess at what it hides."""

from __future__ import annotations

import cv2
import numpy as np

RIM = 2.0
"""Pixels from the edge of a hole over which the network's picture goes over into the guess."""
KNOWN = 0.1
"""Of a picture of which less is left, nothing can be guessed."""
BLANK, BELONGS = 0.97, 0.4
"""Lighter than this, or as dark, nothing is left; if of such a piece more than this share is lost, all is."""


def blanks(hidden: np.ndarray, worn: np.ndarray) -> np.ndarray:
    """Where of a worn picture (H, W) float32 in 0..1 nothing is left: its blank pieces of which enough lies
    in lost places (H, W) bool. Through a stain or a scratch one still sees."""
    found = np.zeros_like(hidden)
    for blank in (worn >= BLANK, worn <= 1 - BLANK):
        count, pieces = cv2.connectedComponents(blank.astype(np.uint8))
        lost, sizes = (np.bincount(p.ravel(), minlength=count) for p in (pieces[hidden], pieces))
        belongs = lost > BELONGS * sizes
        belongs[0] = False
        found |= belongs[pieces]
    return found


def patched(clean: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """A picture (H, W) float32 whose blank places, (H, W) bool, go over into what lies around them."""
    edge = cv2.dilate(blank.astype(np.uint8), np.ones((3, 3), np.uint8))
    known = 1 - edge.astype(np.float32)
    if known.mean() < KNOWN:
        return clean
    deep = np.minimum(cv2.distanceTransform(blank.astype(np.uint8), cv2.DIST_L2, 3) / RIM, 1)
    return clean + deep * (spanned(clean, known) - clean)


def spanned(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values (H, W) float32 with those that are not known, 0..1, from what is around, the nearer the more
    (push and pull over a pyramid, Gortler et al. 1996)."""
    if min(values.shape) <= 2:
        return np.full_like(values, (values * known).sum() / max(float(known.sum()), 1e-6))
    share = cv2.pyrDown(known)
    low, sure = cv2.pyrDown(values * known) / np.maximum(share, 1e-6), np.minimum(4 * share, 1)
    low += (1 - sure) * (spanned(low, sure) - low)
    return values + (1 - known) * (cv2.pyrUp(low, dstsize=values.shape[::-1]) - values)
