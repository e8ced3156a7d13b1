"""Dirt: what is in one frame only. Scratches: thin upright lines that run through the whole of one."""

from __future__ import annotations

import cv2
import numpy as np

FLOOR, NOISY = 6.0, 2.0
"""A speck lies outside what the frames around show near by, by this much (0..255) and so many times the
noise."""
SLACK, FAR = 5, 11
"""Near by is within a square of so many pixels; of so many where the frames around disagree, since what moved
too fast to be followed is still not far."""
PLAINLY = 12.0
"""What is to be believed there stands out by this much."""
ASTRAY, ABOUT, WRONG = 20, 31, 0.08
"""The frames around disagree if they differ by this, and motion was not followed where more than a share of
the places about (a square of so many pixels) do."""
BESIDE, TWICE, THRICE = 15, 2.0, 1.5
"""A speck stands out more than the frames around differ about it (in a square of so many pixels), so many
times; of those that stand out of what is far."""
SKIRT, MOST, LEAST = 10, 0.02, 6
"""What lies about a speck belongs to it if it differs by this; more dirt than this share of a frame is
something else, and so is less than so many pixels."""
LINE, THIN, WHOLE, EDGE = 5.0, 4, 0.6, 0.02
"""A scratch stands out of both its sides by this much (and half the noise), is at most so many pixels wide
(at 480 lines), and so tall; the frame's outer columns, as a share of its width, have none."""
ALIVE, SLIDES = 0.85, 3
"""What is there in more than this share of the frames around, at the same place of the scene (within so many
pixels), is part of the scene: a post, the edge of a door."""
BANDS, ALONG = 24, 31
"""A frame's height is looked at in so many pieces; a scratch is much the same over so many lines."""


def specks(here: np.ndarray, before: np.ndarray, after: np.ndarray, noise: float) -> np.ndarray:
    """Where dirt lies: (H, W) uint8, 0 or 255.

    The rank-order idea of Nadenau & Mitra (1997): a speck is lighter or darker than everything that both
    frames around show near by. Where those two disagree, it has to be so in a wider circle, and plainly.

    Args:
        here, before, after: (H, W) uint8; the neighbours brought here along the motion.
        noise: standard deviation of the film's grain.
    """
    soft, grain = cv2.GaussianBlur(here, (0, 0), 0.7), NOISY * noise
    stands, far = (beyond(soft, before, after, reach) for reach in (SLACK, FAR))
    apart = cv2.absdiff(before, after)
    astray = cv2.blur((apart > ASTRAY + 3 * noise).astype(np.float32), (ABOUT, ABOUT))
    about = cv2.blur(apart, (BESIDE, BESIDE)).astype(np.float32)
    core = (stands > FLOOR + grain) & (TWICE * about < stands + FLOOR) & (astray < WRONG)
    core |= (far > PLAINLY + grain) & (THRICE * about < far)
    if not core.any() or core.mean() > MOST:
        return np.zeros(here.shape, np.uint8)
    differs = cv2.absdiff(soft, cv2.addWeighted(before, 0.5, after, 0.5, 0))
    skirt = cv2.dilate(core.astype(np.uint8), np.ones((SLACK, SLACK), np.uint8)).astype(bool)
    skirt &= (differs > SKIRT) & (cv2.blur(apart, (5, 5)) < differs)
    return larger((core | skirt).astype(np.uint8)) * np.uint8(255)


def beyond(here: np.ndarray, before: np.ndarray, after: np.ndarray, reach: int) -> np.ndarray:
    """How far every place lies outside what two frames show in a square of so many pixels: (H, W) uint8."""
    square = np.ones((reach, reach), np.uint8)
    highest = cv2.max(cv2.dilate(before, square), cv2.dilate(after, square))
    lowest = cv2.min(cv2.erode(before, square), cv2.erode(after, square))
    return cv2.max(cv2.subtract(here, highest), cv2.subtract(lowest, here))


def larger(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) uint8, 0 or 1, without its pieces of less than `LEAST` pixels."""
    _, piece, about, _ = cv2.connectedComponentsWithStats(mask)
    return mask * (about[:, cv2.CC_STAT_AREA] >= LEAST)[piece].astype(np.uint8)


def ridges(here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much lighter, and how much darker, every place is than what is to its left and to its right: two
    (H, W) float32, above 0 on thin upright things."""
    soft = cv2.blur(here, (1, 9)).astype(np.float32)
    left, right = flanks(soft)
    return soft - np.maximum(left, right), np.minimum(left, right) - soft


def flanks(here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What lies to the left and to the right of every place, beyond the widest scratch: (H, W) float32."""
    side = max(THIN, round(THIN * here.shape[0] / 480))
    beside = cv2.blur(here.astype(np.float32), (3, 1))
    return np.roll(beside, side, 1), np.roll(beside, -side, 1)


def lines(here: np.ndarray, noise: float) -> np.ndarray:
    """Columns of a frame (H, W) uint8 with a thin line through most of its height: (W,) bool."""
    found = np.zeros(here.shape[1], bool)
    for ridge in ridges(here):
        wide = cv2.dilate(ridge, np.ones((1, 3), np.uint8))  # it wanders
        bands = cv2.resize(wide, (here.shape[1], BANDS), interpolation=cv2.INTER_AREA)
        found |= (bands > LINE + noise / 2).mean(0) > WHOLE
    edge = max(THIN, round(EDGE * len(found)))
    found[:edge] = found[-edge:] = False
    return found


def passing(found: list[np.ndarray], shifts: np.ndarray, place: int) -> np.ndarray:
    """The lines of the frame at a place that are not part of the scene: (W,) bool.

    Args:
        found: `lines` of the frames around, (W,) each.
        shifts: how far the scene lies to the right in each of them, in pixels.
    """
    mine = found[place]
    if not mine.any() or len(found) < 4:
        return np.zeros_like(mine)
    near = np.ones(2 * SLIDES + 1)
    seen = np.zeros(len(mine))
    for other, shift in zip(found, np.rint(shifts - shifts[place]).astype(int), strict=True):
        if other.any():
            seen += np.roll(np.convolve(other, near, "same") > 0, -shift)
    return mine & (seen < ALIVE * len(found))


def scratches(here: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Where the lines of these columns (W,) bool run: (H, W) uint8, 0 or 255."""
    if not columns.any():
        return np.zeros(here.shape, np.uint8)
    near = cv2.dilate(columns.astype(np.uint8)[None], np.ones((1, 5), np.uint8))
    found = (np.maximum(*ridges(here)) > LINE / 2).astype(np.uint8) & near
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((25, 1), np.uint8))
    return cv2.dilate(found, np.ones((3, 3), np.uint8)) * np.uint8(255)


def mended(here: np.ndarray, specked: np.ndarray, scratched: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Specks as the frames around show them, scratches taken off what they run through: (H, W) uint8."""
    if specked.any():
        cover = cv2.GaussianBlur(cv2.dilate(specked, np.ones((3, 3), np.uint8)), (0, 0), 0.7)
        here = blended(here, around, cover)
    return unscratched(here, scratched) if scratched.any() else here


def unscratched(here: np.ndarray, scratched: np.ndarray) -> np.ndarray:
    """A scratch lightens or darkens, much the same all along; that much is taken back, and what it runs
    through stays as sharp as it is."""
    known = (scratched > 0).astype(np.float32)
    left, right = flanks(here)
    stands = (here - (left + right) / 2) * known
    along = cv2.blur(stands, (1, ALONG)) / (cv2.blur(known, (1, ALONG)) + 1e-3)
    return np.clip(here - along * known + 0.5, 0, 255).astype(np.uint8)


def blended(under: np.ndarray, over: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """One picture over another, as far as a mask (H, W) uint8 says."""
    share = cover.astype(np.float32) / 255
    return (under + share * (over.astype(np.float32) - under) + 0.5).astype(np.uint8)
