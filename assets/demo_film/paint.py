"""A painter's box: noise, layers with alpha, foliage, brick, water. Colours are RGB in 0..1."""
from __future__ import annotations

import cv2
import numpy as np

LIGHT = np.array([-0.6, -0.8])
"""Where the sun stands, seen from a thing: up and to the left."""


def noise(h: int, w: int, cell: int, rng: np.random.Generator, octaves: int = 5) -> np.ndarray:
    """Fractal value noise (h, w) float32 in 0..1; `cell` is the size of the largest lump."""
    total = np.zeros((h, w), np.float32)
    for octave in range(octaves):
        size = max(1, cell >> octave)
        grid = rng.random((h // size + 3, w // size + 3), np.float32)
        grown = cv2.resize(grid, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)
        total += grown[:h, :w] / 2**octave
    low, high = total.min(), total.max()
    return (total - low) / (high - low)


def layer(h: int, w: int) -> np.ndarray:
    """An empty sheet: (h, w, 4) float32, colour and alpha."""
    return np.zeros((h, w, 4), np.float32)


def over(under: np.ndarray, sheet: np.ndarray, x: float = 0) -> np.ndarray:
    """Lay a wide sheet, scrolled by x pixels, over a picture (h, w, 3)."""
    h, w = under.shape[:2]
    shift = np.float32([[1, 0, -x], [0, 1, 0]])
    seen = cv2.warpAffine(sheet, shift, (w, h), flags=cv2.INTER_LINEAR)
    alpha = seen[..., 3:]
    return under * (1 - alpha) + seen[..., :3] * alpha


def fill(sheet: np.ndarray, mask: np.ndarray, colour: np.ndarray) -> None:
    """Put colour ((3,) or (h, w, 3)) where the mask (h, w, 0..1) is, opaque."""
    m = mask[..., None].astype(np.float32)
    sheet[..., :3] = sheet[..., :3] * (1 - m) + np.float32(colour) * m
    sheet[..., 3:] = np.maximum(sheet[..., 3:], m)


def polygon(sheet: np.ndarray, points: list, texture: np.ndarray) -> None:
    """An anti-aliased polygon of colour (3,) or of a texture as large as the sheet."""
    mask = np.zeros(sheet.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.int32(np.float32(points) * 16)], 255, cv2.LINE_AA, 4)
    fill(sheet, mask / 255, texture)


def sky(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """Clear above, pale and warm at the horizon, (h, w, 3)."""
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None, None] ** 0.8
    top, low = np.float32([0.27, 0.47, 0.76]), np.float32([0.80, 0.86, 0.90])
    return np.broadcast_to(top * (1 - t) + low * t, (h, w, 3)).copy()


def clouds(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """A sheet of cumulus: lit from the upper left, grey underneath, flat towards the horizon."""
    body = cv2.resize(noise(h, w // 2, h // 3, rng, 7), (w, h), interpolation=cv2.INTER_LINEAR)
    thick = np.clip((body - 0.47) * 4.5, 0, 1)
    moved = cv2.warpAffine(body, np.float32([[1, 0, 20], [0, 1, 14]]), (w, h), borderMode=cv2.BORDER_REFLECT)
    lit = np.clip(0.5 + (body - moved) * 5, 0, 1)[..., None]
    colour = np.float32([0.66, 0.70, 0.76]) * (1 - lit) + np.float32([0.99, 0.97, 0.94]) * lit
    height = np.linspace(1, 0.35, h, dtype=np.float32)[:, None]
    return np.dstack([colour, thick * height * 0.95]).astype(np.float32)


def hills(h: int, w: int, base: float, rise: float, colour, haze: float, rng) -> np.ndarray:
    """A range of wooded hills; haze (0..1) is how far away it is."""
    sheet = layer(h, w)
    ridge = noise(4, w, w // 4, rng, 6)[1] * rise
    edge = (base - ridge) * h
    y = np.arange(h, dtype=np.float32)[:, None]
    texture = noise(h, w, 28, rng, 5)[..., None]
    shade = np.float32(colour) * (0.55 + 0.8 * texture)
    far = np.float32([0.70, 0.78, 0.86])
    fill(sheet, np.clip(y - edge, 0, 1), shade * (1 - haze) + far * haze)
    return sheet


def meadow(h: int, w: int, top: float, rng: np.random.Generator) -> np.ndarray:
    """Grass seen in perspective: blades grow towards the viewer, patches dry in the sun."""
    sheet = layer(h, w)
    y = np.arange(h, dtype=np.float32)[:, None]
    depth = np.clip((y / h - top) / (1 - top), 0, 1)
    blades = noise(h, w, 5, rng, 2) * 0.6 + noise(h, w, 16, rng, 3) * 0.4
    patches = noise(h, w, 220, rng, 5)[..., None]
    green, dry = np.float32([0.27, 0.40, 0.13]), np.float32([0.56, 0.53, 0.26])
    colour = green * (1 - patches * 0.8) + dry * patches * 0.8
    relief = 1 + (blades - 0.5)[..., None] * (0.25 + 1.1 * depth[..., None])
    fill(sheet, np.broadcast_to(np.clip(y - top * h, 0, 1), (h, w)), np.clip(colour * relief, 0, 1))
    return sheet


def tree(sheet: np.ndarray, x: float, foot: float, size: float, tone, rng) -> None:
    """A broad-leaved tree: trunk and branches, then leaves from the shadow side to the light."""
    bark = np.float32([0.30, 0.23, 0.17])
    polygon(sheet, [(x - size * 0.05, foot), (x - size * 0.025, foot - size * 0.5),
                    (x + size * 0.025, foot - size * 0.5), (x + size * 0.06, foot)],
            bark * (0.6 + 0.7 * noise(*sheet.shape[:2], 12, rng, 3)[..., None]))  # fmt: skip
    leaves = 3200
    spread = np.clip(rng.normal(0, 1, (22, 2)), -1.6, 1.6) * [size * 0.17, size * 0.15]
    lumps = spread + np.array([x, foot - size * 0.68])
    lump = rng.integers(0, len(lumps), leaves)
    places = lumps[lump] + np.clip(rng.normal(0, 1, (leaves, 2)), -1.7, 1.7) * size * 0.058
    towards = (places - [x, foot - size * 0.66]) @ LIGHT / (size * 0.3)
    local = (places - lumps[lump]) @ LIGHT / (size * 0.08)
    for i in np.argsort(towards + 0.8 * local + rng.normal(0, 0.5, leaves)):
        light = np.clip(0.48 + 0.24 * towards[i] + 0.20 * local[i] + rng.normal(0, 0.07), 0.12, 1.1)
        colour = np.float32(tone) * light * 1.5 + np.float32([0.03, 0.02, 0.0]) * light
        radius = size * rng.uniform(0.006, 0.016)
        centre = tuple(np.int32(places[i] * 16))
        cv2.circle(sheet, centre, int(radius * 16), (*map(float, colour), 1.0), -1, cv2.LINE_AA, 4)


def brick(h: int, w: int, colour, rng: np.random.Generator, course: int = 11) -> np.ndarray:
    """A brick wall's colours (h, w, 3): courses, mortar, every brick fired differently."""
    y, x = np.mgrid[0:h, 0:w]
    row = y // course
    column = (x + (row % 2) * course) // (2 * course)
    fired = rng.normal(1, 0.13, (h // course + 2, w // (2 * course) + 3)).astype(np.float32)
    wall = np.float32(colour) * fired[row, column][..., None]
    mortar = (y % course < 2) | ((x + (row % 2) * course) % (2 * course) < 2)
    wall[mortar] = np.float32([0.62, 0.57, 0.50])
    return wall * (0.86 + 0.28 * noise(h, w, 60, rng, 5)[..., None])


def rippled(above: np.ndarray, line: int, time: float, tint=(0.62, 0.74, 0.82)) -> np.ndarray:
    """Water below row `line`: the picture above mirrored, broken by waves that grow nearer."""
    h, w = above.shape[:2]
    depth = h - line
    y, x = np.mgrid[0:depth, 0:w].astype(np.float32)
    near = (y + 6) / depth
    phase = 240 * np.log1p(y / 30) - time * 5
    wave = np.sin(phase * 0.35 + x * 0.012) + 0.6 * np.sin(phase * 0.8 - x * 0.03 + time * 2)
    mirrored = line - 1 - y * min(1.0, line / depth) + wave * 10 * near
    seen = cv2.remap(above, np.clip(x + wave * 5 * near, 0, w - 1), np.clip(mirrored, 0, line - 1),
                     cv2.INTER_LINEAR)  # fmt: skip
    deep = np.float32([0.16, 0.25, 0.27])
    mix = (0.30 + 0.35 * near)[..., None]
    glint = np.clip(wave - 1.1, 0, 1)[..., None] * 0.35 * near[..., None]
    above[line:] = np.clip(seen * np.float32(tint) * (1 - mix) + deep * mix + glint, 0, 1)
    return above
