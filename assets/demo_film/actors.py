"""A walking man and smoke: what is drawn anew for every frame."""

from __future__ import annotations

import math

import cv2
import numpy as np
from optics import SUN, H, W, illuminate

SKIN = np.float32([0.58, 0.36, 0.26])
"""Albedo of skin, linear RGB; the other colours are those of his clothes."""
TWEED = np.float32([0.150, 0.098, 0.060])
"""Linear RGB albedo (3,), 0 to 1, of the jacket; likewise below."""
TROUSERS = np.float32([0.090, 0.088, 0.092])
"""Albedo of the trousers."""
BLACK = np.float32([0.022, 0.021, 0.022])
"""Albedo of shoes and other black cloth."""
LINEN = np.float32([0.68, 0.65, 0.58])
"""Albedo of light cloth."""
HAIR = np.float32([0.05, 0.032, 0.02])
"""Albedo of the hair."""
FELT = np.float32([0.055, 0.045, 0.040])
"""Albedo of the hat."""
Part = tuple[tuple[float, float], tuple[float, float], float, float, np.ndarray, float]
"""A limb: start and end (x right, y up), radius at the start and at the end, albedo, brightness factor."""


def draw_limb(canvas: np.ndarray, part: Part, weave: np.ndarray, shade: float) -> None:
    """Draw one tapered limb onto a premultiplied canvas (h, w, 4) in place.

    Long limbs are shaded as tubes, so that one continues the next; short ones as spheres.
    Positions are in pixels of the canvas; `weave` (h, w) in 0..1 is the relief of the cloth.
    """
    (ax, ay), (bx, by), ra, rb, albedo, dim = part
    y, x = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
    length = math.hypot(bx - ax, by - ay) + 1e-6
    ux, uy = (bx - ax) / length, (by - ay) / length
    along = np.clip(((x - ax) * ux + (y - ay) * uy) / length, 0, 1)
    dx, dy = x - ax - along * length * ux, y - ay - along * length * uy
    radius = ra + (rb - ra) * along
    away = np.sqrt(dx * dx + dy * dy)
    if length > 1.2 * max(ra, rb):
        beyond = dx * ux + dy * uy
        dx, dy = dx - beyond * ux, dy - beyond * uy
    cover = np.clip(radius - away + 0.5, 0, 1)[..., None]
    nx = np.clip(dx / radius + (weave - 0.5) * 1.3, -1, 1)
    ny = np.clip(-dy / radius + (weave - 0.5) * 0.8, -1, 1)
    nz = -np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.02, 1))
    facing = (nx * SUN[0] + ny * SUN[1] + nz * SUN[2]) / np.sqrt(nx * nx + ny * ny + nz * nz)
    colour = illuminate(albedo, facing, ny, shade) * dim * (0.80 + 0.4 * weave[..., None])
    canvas[..., :3] = canvas[..., :3] * (1 - cover) + colour * cover
    canvas[..., 3:] = canvas[..., 3:] * (1 - cover) + cover


def walker_joints(stride: float) -> dict[str, tuple[float, float]]:
    """Return the positions of a walker's joints as fractions of his height, feet at y = 0, walking to the right.

    Args:
        stride: phase of the steps in radians.
    """
    at = {"hip": (0.0, 0.50 - 0.012 * math.sin(stride) ** 2), "neck": (0.025, 0.815)}
    for name, phase in (("far", stride + math.pi), ("near", stride)):
        swing = math.sin(phase)
        thigh = 0.42 * swing + 0.05
        bend = 0.10 + 0.75 * max(0.0, math.cos(phase)) ** 1.5
        knee = _end(at["hip"], thigh, 0.245)
        ankle = _end(knee, thigh - bend, 0.235)
        at |= {f"{name} knee": knee, f"{name} ankle": ankle}
        at[f"{name} toe"] = _end(ankle, 1.45 + 0.5 * min(swing, 0.15) - 0.4 * bend, 0.085)
        shoulder = (at["neck"][0] - 0.02, 0.785)
        elbow = _end(shoulder, -0.42 * swing - 0.08, 0.165)
        at |= {f"{name} shoulder": shoulder, f"{name} elbow": elbow}
        at[f"{name} hand"] = _end(elbow, -0.40 * swing + 0.28, 0.150)
    lowest = min(at["far ankle"][1], at["near ankle"][1]) - 0.035
    return {name: (x, y - lowest) for name, (x, y) in at.items()}


def _end(start: tuple[float, float], angle: float, length: float) -> tuple[float, float]:
    """Return the end of a limb that starts at a joint; `angle` is in radians, forward from straight down."""
    return start[0] + math.sin(angle) * length, start[1] - math.cos(angle) * length


def walker_limbs(at: dict[str, tuple[float, float]]) -> list[Part]:
    """Return the walker's limbs from the far side to the near one, as fractions of his height."""
    hip, neck = at["hip"], at["neck"]

    def leg(side: str, dim: float) -> list[Part]:
        knee, ankle, toe = (at[f"{side} {j}"] for j in ("knee", "ankle", "toe"))
        heel = (ankle[0] - 0.012, ankle[1] - 0.012)
        return [
            (heel, toe, 0.022, 0.015, BLACK, dim * 1.6),
            (hip, knee, 0.060, 0.041, TROUSERS, dim),
            (knee, ankle, 0.040, 0.028, TROUSERS, dim),
        ]

    def arm(side: str, dim: float) -> list[Part]:
        shoulder, elbow, hand = (at[f"{side} {j}"] for j in ("shoulder", "elbow", "hand"))
        return [
            (hand, (hand[0] + 0.012, hand[1] - 0.026), 0.017, 0.013, SKIN, dim),
            (shoulder, elbow, 0.040, 0.033, TWEED, dim),
            (elbow, hand, 0.032, 0.024, TWEED, dim),
        ]

    nx, ny = neck
    skirt = [((hip[0] + 0.3 * at[f"{s} knee"][0], hip[1] - 0.11)) for s in ("far", "near")]
    coat = [
        ((hip[0], hip[1] + 0.06), skirt[0], 0.072, 0.066, TWEED, 0.85),
        ((hip[0], hip[1] + 0.06), skirt[1], 0.073, 0.068, TWEED, 1.0),
        ((nx - 0.015, ny - 0.065), (hip[0], hip[1] + 0.05), 0.070, 0.072, TWEED, 1.0),
    ]
    limbs = [*arm("far", 0.55), *leg("far", 0.6), *leg("near", 1.0), *coat]
    return [*limbs, *walker_head(nx, ny), *arm("near", 1.1)]


def walker_head(nx: float, ny: float) -> list[Part]:
    """Return the walker's head and hat above his neck, from the back to the front."""
    return [
        ((nx, ny - 0.02), (nx + 0.008, ny + 0.02), 0.029, 0.026, SKIN, 0.8),
        ((nx - 0.004, ny - 0.008), (nx + 0.016, ny - 0.012), 0.026, 0.024, LINEN, 0.9),
        ((nx + 0.006, ny + 0.072), (nx + 0.018, ny + 0.050), 0.049, 0.040, SKIN, 1.0),
        ((nx - 0.020, ny + 0.085), (nx - 0.024, ny + 0.050), 0.031, 0.024, HAIR, 1.0),
        ((nx + 0.050, ny + 0.062), (nx + 0.056, ny + 0.050), 0.005, 0.007, SKIN, 0.95),
        ((nx + 0.034, ny + 0.036), (nx + 0.050, ny + 0.035), 0.008, 0.006, HAIR, 1.0),
        ((nx + 0.040, ny + 0.069), (nx + 0.046, ny + 0.069), 0.0045, 0.003, BLACK, 1.0),
        ((nx - 0.002, ny + 0.056), (nx - 0.003, ny + 0.048), 0.009, 0.007, SKIN, 0.85),
        ((nx + 0.004, ny + 0.108), (nx + 0.014, ny + 0.106), 0.044, 0.043, FELT, 1.0),
        ((nx - 0.048, ny + 0.088), (nx + 0.066, ny + 0.092), 0.008, 0.006, FELT, 0.9),
    ]


def draw_walker(
    picture: np.ndarray,
    foot: tuple[float, float],
    height: float,
    stride: float,
    weave: np.ndarray,
    shade: float,
) -> None:
    """Draw the man into a picture (H, W, 3) in place.

    Args:
        picture: linear light.
        foot: position of his feet, in pixels.
        height: of the man, in pixels.
        stride: phase of the steps in radians.
        weave: (h, w) in 0..1, relief of the cloth.
        shade: sunlight on him, 0..1.
    """
    at = walker_joints(stride)
    draw_shadow(picture, foot, height, at, shade)
    h, w = int(height * 1.12), int(height * 0.9)
    canvas, wrinkles = np.zeros((h, w, 4), np.float32), weave[:h, :w]

    def to(point: tuple[float, float]) -> tuple[float, float]:
        return w / 2 + point[0] * height, h - 14 - point[1] * height

    for a, b, ra, rb, colour, dim in walker_limbs(at):
        draw_limb(canvas, (to(a), to(b), ra * height, rb * height, colour, dim), wrinkles, shade)
    place = np.float32([[1, 0, foot[0] - w / 2], [0, 1, foot[1] - h + 14]])
    warped = cv2.warpAffine(canvas, place, (W, H))
    picture[:] = picture * (1 - warped[..., 3:]) + warped[..., :3]


def draw_shadow(picture: np.ndarray, foot: tuple[float, float], height: float, at: dict, shade: float) -> None:
    """Draw his shadow on the level lane into a picture (H, W, 3) in place; it falls to the right and away."""
    mask = np.zeros(picture.shape[:2], np.uint8)

    def ground(point: tuple[float, float]) -> np.ndarray:
        away, up = -SUN[0] / SUN[1], 0.19 * -SUN[2] / SUN[1]
        position = foot[0] + (point[0] + away * point[1]) * height, foot[1] - up * point[1] * height
        return np.int32(np.round(position))

    bones = [("neck", "hip", 0.15)]
    for side in ("far", "near"):
        bones += [("hip", f"{side} knee", 0.09), (f"{side} knee", f"{side} ankle", 0.06)]
        bones += [("neck", f"{side} elbow", 0.07), (f"{side} elbow", f"{side} hand", 0.05)]
    for a, b, thick in bones:
        cv2.line(mask, ground(at[a]), ground(at[b]), 255, int(thick * height * 0.62), cv2.LINE_AA)
    top = ground((at["neck"][0] + 0.01, at["neck"][1] + 0.08))
    cv2.ellipse(mask, top, (int(0.06 * height), int(0.028 * height)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    dark = cv2.GaussianBlur(mask, (0, 0), 2.5)[..., None] / np.float32(255)
    picture *= 1 - dark * np.float32([0.70, 0.66, 0.58]) * shade


class Smoke:
    """Smoke as puffs, lit from the left.

    Args:
        noise: (512, 512) in 0..1, tileable.
        drift: displacement of a puff in pixels per second.
        grow: growth of a puff's radius.
        life: of a puff, in seconds.
    """

    def __init__(self, noise: np.ndarray, drift: tuple[float, float], grow: float, life: float) -> None:
        self.noise, self.drift, self.grow, self.life = noise, drift, grow, life

    def draw(self, picture: np.ndarray, puffs: list, tint: float = 1.0) -> np.ndarray:
        """Return a picture (H, W, 3) with smoke.

        Args:
            picture: linear light.
            puffs: (x, y, age, size, number) each: pixels, seconds, pixels, and a seed.
            tint: brightness factor.
        """
        density = np.zeros((H // 2, W // 2), np.float32)
        for x, y, age, size, number in puffs:
            if 0 <= age < self.life:
                self._puff(density, x, y, age, size, number)
        thick = cv2.resize(density, (W, H), interpolation=cv2.INTER_CUBIC)
        cover = (1 - np.exp(-np.maximum(thick, 0) * 1.5))[..., None] * 0.96
        shift = np.float32([[1, 0, 9], [0, 1, 9]])
        sunward = cv2.warpAffine(thick, shift, (W, H), borderMode=cv2.BORDER_REPLICATE)
        sunward = cv2.GaussianBlur(sunward, (0, 0), 5)
        light = np.clip(0.70 + 0.42 * (thick - sunward) + 0.12 * np.exp(-thick), 0.28, 1.25)
        return picture * (1 - cover) + cover * tint * light[..., None] * np.float32([1.22, 1.2, 1.17])

    def _puff(self, density: np.ndarray, x: float, y: float, age: float, size: float, number: int):
        x, y = (x + self.drift[0] * age) / 2, (y + self.drift[1] * age**0.75) / 2
        r = (size + self.grow * age**0.8) / 2
        x0, x1 = (int(np.clip(x + s * 2 * r, 0, W // 2)) for s in (-1, 1))
        y0, y1 = (int(np.clip(y + s * 2 * r, 0, H // 2)) for s in (-1, 1))
        if x1 <= x0 or y1 <= y0:
            return
        yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        u, v = (xx - x) * 34 / r + number * 97, (yy - y) * 34 / r + number * 61 + age * 22
        billow = cv2.remap(
            self.noise,
            np.float32(u % 512),
            np.float32(v % 512),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        ball = 1 - ((xx - x) ** 2 + (yy - y) ** 2) / (r * r) + (billow - 0.5) * 2.1
        strength = (1 - age / self.life) ** 1.5
        density[y0:y1, x0:x1] += np.clip(ball, 0, 1) * strength * 1.35
