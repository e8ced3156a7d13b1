"""Land, trees and grass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from optics import SUN, WIDE, Camera, H, hazy, lit, sheet, splat

Field = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A property of the land at world x and z."""

GREENS = np.float32(
    [
        (0.094, 0.136, 0.036),
        (0.122, 0.156, 0.042),
        (0.074, 0.110, 0.036),
        (0.150, 0.164, 0.050),
        (0.080, 0.118, 0.044),
    ]
)


def land(
    camera: Camera,
    height: Field,
    albedo: Field,
    shade: Field,
    near: float,
    far: float,
    reach: float = 2600.0,
) -> np.ndarray:
    """The ground as a sheet, painted column by column from the farthest furrow to the nearest."""
    depths = [far]
    while depths[-1] > near:
        z = depths[-1]
        depths.append(z - min(z * z * 0.6 / (camera.focus * camera.eye), z * 0.01))
    z = np.repeat(np.float32(depths)[:, None], WIDE, 1)
    x = (np.arange(WIDE, dtype=np.float32) - WIDE / 2)[None] * z / camera.focus
    y = height(x, z)
    step = np.maximum(z / camera.focus, 0.02) * 3
    slope_x, slope_z = (height(x + step, z) - y) / step, (height(x, z + step) - y) / step
    upright = 1 / np.sqrt(1 + slope_x**2 + slope_z**2)
    facing = (-slope_x * SUN[0] + SUN[1] - slope_z * SUN[2]) * upright
    colour = hazy(lit(albedo(x, z), facing, upright, shade(x, z)), z, reach)
    rows = np.int32(camera.project(np.stack([x, y, z], -1))[1])
    out, columns = sheet(), np.arange(WIDE)
    for k in range(len(depths) - 1):
        for drop in range(int(np.clip((rows[k + 1] - rows[k]).max() + 1, 1, 40))):
            row = rows[k] + drop
            seen = (row >= 0) & (row < H)
            out[row[seen], columns[seen], :3] = colour[k][seen]
            out[row[seen], columns[seen], 3] = 1
    return out


def leaves(
    centres: np.ndarray,
    radius: np.ndarray,
    count: int,
    middle: np.ndarray,
    size: float,
    tone: np.ndarray,
    rng: np.random.Generator,
) -> tuple:
    """Foliage in lumps: (n, 3) places and lit colours, sorted from the back to the front.

    Lumps have `centres` (k, 3) and `radius` (k,); `middle` and `size` are the whole plant's.
    """
    lump = rng.choice(len(centres), count, p=radius**2 / (radius**2).sum())
    ray = rng.standard_normal((count, 3)).astype(np.float32)
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    away = radius[lump, None] * 1.25 * rng.random((count, 1)) ** 0.55
    places = centres[lump] + ray * away * [1.15, 0.75, 1.15]
    outward = (places - middle) / size
    normal = 0.75 * ray + 0.9 * outward + rng.normal(0, 0.55, (count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    through = sunlit(places, size)
    buried = np.clip(np.linalg.norm(outward, axis=1), 0.25, 1) ** 1.3
    buried = buried * (0.55 + 0.45 * np.minimum(1, away[:, 0] / radius[lump]))
    hue = tone * rng.normal(1, 0.13, (len(centres), 1))[lump] * rng.normal(1, 0.22, (count, 1))
    hue = hue * (1 + rng.normal(0, 0.09, (count, 1)) * np.float32([1.0, 0.1, -0.6]))
    facing = np.maximum(0, 0.25 + 0.75 * normal @ SUN)
    colour = lit(hue, facing, normal[:, 1], through) * (0.35 + 0.65 * buried[:, None])
    order = np.argsort(-places[:, 2])
    return places[order], np.maximum(colour[order], 0.004)


def sunlit(places: np.ndarray, size: float) -> np.ndarray:
    """How much sun reaches each leaf through those before it, (n,) in 0..1."""
    side = np.float32([SUN[2], 0, -SUN[0]])
    side /= np.linalg.norm(side)
    cell = size / 11
    u = np.int32(np.floor(places @ side / cell))
    v = np.int32(np.floor(places @ np.cross(SUN, side) / cell))
    order = np.lexsort((-(places @ SUN), v, u))
    fresh = np.r_[True, (np.diff(u[order]) != 0) | (np.diff(v[order]) != 0)]
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(u)), 0))
    before = np.empty(len(u), np.float32)
    before[order] = np.arange(len(u)) - start
    return np.exp(-before * 420 / len(u))


def crown(
    foot: np.ndarray,
    tall: float,
    tone: np.ndarray,
    count: int,
    rng: np.random.Generator,
    slim: float = 1.0,
) -> tuple:
    """A broad-leaved tree's foliage over its foot; see `leaves`."""
    middle = np.float32(foot) + np.float32([0, tall * 0.60, 0])
    lumps = 150
    ray = rng.standard_normal((lumps, 3))
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    out = rng.uniform(0.1, 1, (lumps, 1)) ** 0.45
    out *= 1 + 0.25 * np.sin(3 * np.arctan2(ray[:, :1], ray[:, 2:]) + rng.uniform(0, 6))
    centres = middle + ray * out * tall * np.float32([0.33 * slim, 0.35, 0.33 * slim])
    radius = tall * rng.uniform(0.028, 0.085, lumps)
    return leaves(centres, radius, count, middle, tall * 0.42, tone, rng)


def plant(
    onto: np.ndarray,
    camera: Camera,
    foot,
    tall: float,
    tone: np.ndarray,
    count: int,
    rng: np.random.Generator,
    reach: float = 2600.0,
    slim: float = 1.0,
) -> np.ndarray:
    """Paint a tree; gives back its leaves' places, which throw the shadow."""
    foot = np.float32(foot)
    scale = camera.focus / foot[2]
    wood(onto, camera, foot, tall, rng)
    places, colour = crown(foot, tall, tone, count, rng, slim)
    x, y = camera.project(places)
    dab = np.clip(tall * scale * 1.25 / np.sqrt(count), 1.0, 5.0)
    splat(onto, x, y, hazy(colour, np.full(len(x), foot[2]), reach), dab, rng)
    return places


def wood(onto: np.ndarray, camera: Camera, foot: np.ndarray, tall: float, rng) -> None:
    """A trunk that forks into boughs, as dabs of bark round each of them."""
    fork = foot + np.float32([rng.normal(0, 0.02), 0.42, 0]) * tall
    boughs = [(foot, fork, tall * 0.024)]
    for _ in range(9):
        start = foot + (fork - foot) * rng.uniform(0.6, 1)
        tip = start + np.float32([rng.normal(0, 0.16), rng.uniform(0.12, 0.36), 0]) * tall
        boughs.append((start, tip, tall * 0.009))
    for start, tip, thick in boughs:
        n = int(np.clip(tall * camera.focus / foot[2] * 12, 200, 9000))
        along, round_ = rng.random((n, 1)), rng.uniform(-1, 1, n)
        flare = thick * (1 - 0.5 * along[:, 0] + 0.9 * np.exp(-along[:, 0] * 16))
        places = start + (tip - start) * along
        places[:, 0] += round_ * flare
        facing = round_ * SUN[0] - np.sqrt(1 - round_**2) * SUN[2]
        ridge = 0.65 + 0.7 * np.abs(np.sin(round_ * 17 + 3 * np.sin(along[:, 0] * 40)))
        bark = np.float32([0.105, 0.082, 0.060]) * (ridge * rng.uniform(0.7, 1.2, n))[:, None]
        colour = lit(bark, facing, 0 * facing, 0.55)
        splat(onto, *camera.project(places), colour, 1.2, rng)


def grass(
    onto: np.ndarray,
    camera: Camera,
    albedo: Field,
    shade: Field,
    depths: tuple,
    count: int,
    tall: tuple,
    rng: np.random.Generator,
    bare: Field | None = None,
    steps: int = 9,
    dab: float = 1.0,
) -> None:
    """Blades on flat ground between two depths, far ones first; none where `bare` is above 0.4.

    `tall` gives the shortest and the longest in metres, `steps` the number
    of dabs that make up a blade, and `dab` their size in pixels.
    """
    z = 1 / rng.uniform(1 / depths[1], 1 / depths[0], (count // 1000, 1000))
    z = np.float32(np.sort(z, axis=None)[::-1].reshape(z.shape))
    x = rng.uniform(-0.65, 0.65, z.shape).astype(np.float32) * z * WIDE / camera.focus
    keep = np.ones(z.shape, bool) if bare is None else bare(x, z) < 0.4
    hue, sun, x, z = albedo(x, z)[keep], shade(x, z)[keep], x[keep], z[keep]
    length = rng.uniform(*tall, len(x)) * rng.uniform(0.5, 1, len(x))
    lean = rng.normal(0.12, 0.30, len(x))
    hue = hue * rng.normal(1, 0.20, (len(x), 1))
    hue = hue * (1 + rng.normal(0, 0.10, (len(x), 1)) * np.float32([1, 0.2, -0.5]))
    facing = np.clip(rng.normal(0.55, 0.22, len(x)), 0, 1)
    light = lit(hue, facing, np.full(len(x), 0.4), sun)
    part = np.linspace(0, 1, steps)[None, :, None]
    root, tip = np.stack([x, 0 * x, z], -1), np.stack([x + lean * length, length, z], -1)
    places = root[:, None] + (tip - root)[:, None] * part
    places[:, :, 0] += (part[..., 0] ** 2 - part[..., 0]) * (lean * length)[:, None] * 0.6
    colour = light[:, None] * (0.40 + 0.75 * part)
    column, row = camera.project(places)
    splat(onto, column.ravel(), row.ravel(), colour.reshape(-1, 3), dab, rng)
