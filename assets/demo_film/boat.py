"""A gaff-rigged dinghy with a crew of two, and its reflection."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from actors import SKIN, draw_limb
from optics import H, W, composite, illuminate

CANVAS = np.float32([0.62, 0.56, 0.44])
"""Albedo of the jib, linear RGB."""
OCHRE = np.float32([0.40, 0.16, 0.075])
"""Albedo of the mainsail."""
SPAR = (0.25, 0.16, 0.08)
"""Albedo of mast, boom and gaff."""
VARNISH = (0.21, 0.105, 0.050)
"""Albedo of the planks."""
PAINT = (0.60, 0.57, 0.50)
"""Albedo of the painted top of the hull."""
ToPixels = Callable[[float, float], tuple[float, float]]
"""(forward, up) in metres from the middle of the boat -> pixels."""


class Boat:
    """Drawn anew for every frame, because it heels and pitches; `weave` is the relief of the cloth."""

    def __init__(self, weave: np.ndarray) -> None:
        self.weave = weave

    def render(self, position: tuple[float, float], scale: float, time: float) -> np.ndarray:
        """Return the boat as a premultiplied layer (H, W, 4).

        Args:
            position: middle of the waterline, in pixels.
            scale: pixels per metre.
            time: seconds.
        """
        out = np.zeros((H, W, 4), np.float32)
        lean, bob = 0.05 + 0.02 * math.sin(1.7 * time), 0.03 * math.sin(2.3 * time)
        pitch = 0.03 * math.sin(1.3 * time)

        def to_pixels(x: float, y: float) -> tuple[float, float]:
            return position[0] + (x + lean * y) * scale, position[1] - (y + bob + pitch * x) * scale

        self._rig(out, to_pixels, scale)
        self._sailor(out, to_pixels, -1.25, scale, (0.06, 0.08, 0.13), (0.48, 0.40, 0.24))
        self._sailor(out, to_pixels, -0.62, scale, (0.50, 0.46, 0.40), (0.30, 0.08, 0.06))
        draw_hull(out, to_pixels)
        return out

    def _rig(self, out: np.ndarray, to_pixels: ToPixels, scale: float) -> None:
        self._sail(out, [to_pixels(0.18, 0.95), to_pixels(2.0, 0.75), to_pixels(0.30, 4.3)], CANVAS, 0.18)
        main = [to_pixels(-0.02, 0.95), to_pixels(-2.05, 1.05), to_pixels(-1.35, 4.75), to_pixels(-0.02, 3.65)]
        self._sail(out, main, OCHRE, -0.25)
        self._round(out, to_pixels(0.06, 0.3), to_pixels(0.06, 4.6), 0.045 * scale, 0.03 * scale, SPAR)
        self._round(out, to_pixels(-0.05, 0.93), to_pixels(-2.1, 1.03), 0.035 * scale, 0.03 * scale, SPAR)
        self._round(out, to_pixels(-0.02, 3.6), to_pixels(-1.4, 4.8), 0.03 * scale, 0.025 * scale, SPAR)

    def _sailor(self, out: np.ndarray, to_pixels: ToPixels, x: float, scale: float, coat, hat) -> None:
        """Draw a seated sailor who looks ahead, with one arm forward and a straw hat."""
        for (ax, ay), (bx, by), ra, rb, colour in (
            ((0, 0.35), (0.03, 0.72), 0.20, 0.16, coat),
            ((0.05, 0.66), (0.36, 0.52), 0.065, 0.05, coat),
            ((0.36, 0.52), (0.42, 0.51), 0.05, 0.05, SKIN),
            ((0.04, 1.0), (0.05, 0.96), 0.115, 0.10, SKIN),
            ((-0.15, 1.07), (0.22, 1.07), 0.03, 0.03, hat),
            ((0.03, 1.12), (0.04, 1.10), 0.10, 0.11, hat),
        ):
            self._round(out, to_pixels(x + ax, ay), to_pixels(x + bx, by), ra * scale, rb * scale, colour)

    def _round(self, out: np.ndarray, a: tuple, b: tuple, ra: float, rb: float, colour) -> None:
        """Draw one rounded limb or spar; only its bounding box is computed."""
        reach = max(ra, rb) + 3
        x0, y0 = (max(0, int(min(a[k], b[k]) - reach)) for k in (0, 1))
        x1, y1 = (int(max(a[k], b[k]) + reach) for k in (0, 1))
        part = out[y0:y1, x0:x1]
        wrinkles = self.weave[: part.shape[0], : part.shape[1]]
        position = (a[0] - x0, a[1] - y0), (b[0] - x0, b[1] - y0)
        draw_limb(part, (*position, ra, rb, np.float32(colour), 1.0), wrinkles, 1.0)

    def _sail(self, out: np.ndarray, corners: list, colour: np.ndarray, belly: float) -> None:
        """Draw a curved sail with seams; `belly` shifts the shading across it."""
        mask = np.zeros((H, W), np.uint8)
        cv2.fillPoly(mask, [np.int32(np.float32(corners) * 16)], 255, cv2.LINE_AA, 4)
        x0, y0, w, h = cv2.boundingRect(mask)
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        across = x / w * 2 - 1
        facing = 0.62 + 0.34 * np.sin(across * 1.7 + belly * 4) - 0.12 * y / h
        seam = 1 - 0.16 * (np.abs((x + 0.25 * y) % 24 - 12) < 1.2)
        cloth = (seam * (0.86 + 0.28 * cv2.resize(self.weave, (w, h))))[..., None]
        light = illuminate(colour * cloth, facing, 0.1)
        cover = mask[y0 : y0 + h, x0 : x0 + w, None] / np.float32(255)
        part = out[y0 : y0 + h, x0 : x0 + w]
        part[:] = part * (1 - cover) + np.dstack([light, np.ones((h, w), np.float32)]) * cover


def draw_hull(out: np.ndarray, to_pixels: ToPixels) -> None:
    """Draw the hull: planks between the sheer and the waterline, each darker towards its overlap."""
    t = np.linspace(0, 1, 40)
    sheer = np.float32([to_pixels(-2.1 + 4.4 * v, 0.40 + 0.9 * (v - 0.42) ** 2) for v in t])
    keel = np.float32([to_pixels(-1.95 + 3.85 * v, -0.06 + 0.35 * max(0.0, v - 0.88)) for v in t])
    strips = 28
    for n in range(strips):
        top, low = n / strips, min((n + 1.3) / strips, 1)
        edges = [sheer * (1 - k) + keel * k for k in (top, low)]
        lap = 1.0 - 0.16 * (n % 4)
        wood = np.float32(PAINT if n < 4 else VARNISH) * lap
        light = illuminate(wood, np.float32(0.62 - 0.42 * top), 0.1 - 0.5 * top)
        outline = np.int32(np.concatenate([edges[0], edges[1][::-1]]) + 0.5)
        cv2.fillPoly(out, [outline], (*map(float, light), 1.0))


def add_reflection(picture: np.ndarray, boat: np.ndarray, line: float, time: float) -> np.ndarray:
    """Return a picture with the reflection of the boat below row `line`, distorted by ripples and dimmed."""
    rows, columns = np.mgrid[0:H, 0:W].astype(np.float32)
    below = np.maximum(rows - line, 0)
    broken = np.sin(below * 0.42 - time * 6 + columns * 0.012) + np.sin(below * 0.19 + time * 4)
    broken += 0.8 * np.sin(below * 0.9 + time * 9 + columns * 0.05)
    across = np.float32(columns + broken * (1 + below * 0.03))
    image = cv2.remap(boat, across, np.float32(line - 1.25 * below + broken * 2), cv2.INTER_LINEAR)
    image *= ((rows > line) * 0.62 * np.exp(-below / 330))[..., None]
    return composite(picture, cv2.GaussianBlur(image, (5, 3), 0))
