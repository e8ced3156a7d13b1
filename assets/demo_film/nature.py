"""Land, trees and grass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from optics import LAYER_WIDTH, SUN, Camera, H, add_haze, empty_layer, illuminate, splat

Field = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A property of the ground at world x and z, two arrays of one shape."""

GREENS = np.float32(
    [
        (0.094, 0.136, 0.036),
        (0.122, 0.156, 0.042),
        (0.074, 0.110, 0.036),
        (0.150, 0.164, 0.050),
        (0.080, 0.118, 0.044),
    ]
)
"""Linear RGB albedos (5, 3), 0 to 1, of foliage."""


def render_ground(
    camera: Camera,
    height: Field,
    albedo: Field,
    shade: Field,
    near: float,
    far: float,
    visibility: float = 2600.0,
) -> np.ndarray:
    """Return the ground as a layer, painted row by row from `far` to `near` metres.

    Args:
        height: in metres.
        albedo: linear RGB.
        shade: sunlight, 0..1.
        visibility: distance in metres of the haze, see `add_haze`.
    """
    depths = [far]
    while depths[-1] > near:
        z = depths[-1]
        depths.append(z - min(z * z * 0.6 / (camera.focus * camera.eye), z * 0.01))
    z = np.repeat(np.float32(depths)[:, None], LAYER_WIDTH, 1)
    x = (np.arange(LAYER_WIDTH, dtype=np.float32) - LAYER_WIDTH / 2)[None] * z / camera.focus
    y = height(x, z)
    step = np.maximum(z / camera.focus, 0.02) * 3
    slope_x, slope_z = (height(x + step, z) - y) / step, (height(x, z + step) - y) / step
    upright = 1 / np.sqrt(1 + slope_x**2 + slope_z**2)
    facing = (-slope_x * SUN[0] + SUN[1] - slope_z * SUN[2]) * upright
    colour = add_haze(illuminate(albedo(x, z), facing, upright, shade(x, z)), z, visibility)
    rows = np.int32(camera.project(np.stack([x, y, z], -1))[1])
    out, columns = empty_layer(), np.arange(LAYER_WIDTH)
    for k in range(len(depths) - 1):
        for drop in range(int(np.clip((rows[k + 1] - rows[k]).max() + 1, 1, 40))):
            row = rows[k] + drop
            visible = (row >= 0) & (row < H)
            out[row[visible], columns[visible], :3] = colour[k][visible]
            out[row[visible], columns[visible], 3] = 1
    return out


def foliage(
    centres: np.ndarray,
    radius: np.ndarray,
    count: int,
    middle: np.ndarray,
    size: float,
    tone: np.ndarray,
    rng: np.random.Generator,
) -> tuple:
    """Return leaves in clumps: their positions (n, 3) and illuminated colours (n, 3), from the back to the front.

    Clumps have `centres` (k, 3) and `radius` (k,); `middle` and `size` are those of the whole plant.
    """
    lump = rng.choice(len(centres), count, p=radius**2 / (radius**2).sum())
    ray = rng.standard_normal((count, 3)).astype(np.float32)
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    away = radius[lump, None] * 1.25 * rng.random((count, 1)) ** 0.55
    positions = centres[lump] + ray * away * [1.15, 0.75, 1.15]
    outward = (positions - middle) / size
    normal = 0.75 * ray + 0.9 * outward + rng.normal(0, 0.55, (count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    through = sun_transmission(positions, size)
    buried = np.clip(np.linalg.norm(outward, axis=1), 0.25, 1) ** 1.3
    buried = buried * (0.55 + 0.45 * np.minimum(1, away[:, 0] / radius[lump]))
    hue = tone * rng.normal(1, 0.13, (len(centres), 1))[lump] * rng.normal(1, 0.22, (count, 1))
    hue = hue * (1 + rng.normal(0, 0.09, (count, 1)) * np.float32([1.0, 0.1, -0.6]))
    facing = np.maximum(0, 0.25 + 0.75 * normal @ SUN)
    colour = illuminate(hue, facing, normal[:, 1], through) * (0.35 + 0.65 * buried[:, None])
    order = np.argsort(-positions[:, 2])
    return positions[order], np.maximum(colour[order], 0.004)


def sun_transmission(positions: np.ndarray, size: float) -> np.ndarray:
    """Return the sunlight that reaches each leaf through the leaves before it: (n,) in 0..1."""
    side = np.float32([SUN[2], 0, -SUN[0]])
    side /= np.linalg.norm(side)
    cell = size / 11
    u = np.int32(np.floor(positions @ side / cell))
    v = np.int32(np.floor(positions @ np.cross(SUN, side) / cell))
    order = np.lexsort((-(positions @ SUN), v, u))
    fresh = np.r_[True, (np.diff(u[order]) != 0) | (np.diff(v[order]) != 0)]
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(u)), 0))
    before = np.empty(len(u), np.float32)
    before[order] = np.arange(len(u)) - start
    return np.exp(-before * 420 / len(u))


def tree_foliage(
    foot: np.ndarray,
    height: float,
    tone: np.ndarray,
    count: int,
    rng: np.random.Generator,
    slim: float = 1.0,
) -> tuple:
    """Return the foliage of a broad-leaved tree above its foot, see `foliage`."""
    middle = np.float32(foot) + np.float32([0, height * 0.60, 0])
    lumps = 150
    ray = rng.standard_normal((lumps, 3))
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    out = rng.uniform(0.1, 1, (lumps, 1)) ** 0.45
    out *= 1 + 0.25 * np.sin(3 * np.arctan2(ray[:, :1], ray[:, 2:]) + rng.uniform(0, 6))
    centres = middle + ray * out * height * np.float32([0.33 * slim, 0.35, 0.33 * slim])
    radius = height * rng.uniform(0.028, 0.085, lumps)
    return foliage(centres, radius, count, middle, height * 0.42, tone, rng)


def draw_tree(
    layer: np.ndarray,
    camera: Camera,
    foot,
    height: float,
    tone: np.ndarray,
    count: int,
    rng: np.random.Generator,
    visibility: float = 2600.0,
    slim: float = 1.0,
) -> np.ndarray:
    """Draw a tree; return the positions of its leaves, for the shadow map."""
    foot = np.float32(foot)
    scale = camera.focus / foot[2]
    draw_trunk(layer, camera, foot, height, rng)
    positions, colour = tree_foliage(foot, height, tone, count, rng, slim)
    x, y = camera.project(positions)
    dab = np.clip(height * scale * 1.25 / np.sqrt(count), 1.0, 5.0)
    splat(layer, x, y, add_haze(colour, np.full(len(x), foot[2]), visibility), dab, rng)
    return positions


def draw_trunk(layer: np.ndarray, camera: Camera, foot: np.ndarray, height: float, rng) -> None:
    """Draw a trunk that forks into boughs, as dabs of bark around each of them."""
    fork = foot + np.float32([rng.normal(0, 0.02), 0.42, 0]) * height
    boughs = [(foot, fork, height * 0.024)]
    for _ in range(9):
        start = foot + (fork - foot) * rng.uniform(0.6, 1)
        tip = start + np.float32([rng.normal(0, 0.16), rng.uniform(0.12, 0.36), 0]) * height
        boughs.append((start, tip, height * 0.009))
    for start, tip, thick in boughs:
        n = int(np.clip(height * camera.focus / foot[2] * 12, 200, 9000))
        along, round_ = rng.random((n, 1)), rng.uniform(-1, 1, n)
        flare = thick * (1 - 0.5 * along[:, 0] + 0.9 * np.exp(-along[:, 0] * 16))
        positions = start + (tip - start) * along
        positions[:, 0] += round_ * flare
        facing = round_ * SUN[0] - np.sqrt(1 - round_**2) * SUN[2]
        ridge = 0.65 + 0.7 * np.abs(np.sin(round_ * 17 + 3 * np.sin(along[:, 0] * 40)))
        bark = np.float32([0.105, 0.082, 0.060]) * (ridge * rng.uniform(0.7, 1.2, n))[:, None]
        colour = illuminate(bark, facing, 0 * facing, 0.55)
        splat(layer, *camera.project(positions), colour, 1.2, rng)


def draw_grass(
    layer: np.ndarray,
    camera: Camera,
    albedo: Field,
    shade: Field,
    depths: tuple,
    count: int,
    height: tuple,
    rng: np.random.Generator,
    bare: Field | None = None,
    steps: int = 9,
    dab: float = 1.0,
) -> None:
    """Draw blades of grass on flat ground between two depths, far ones first; none where `bare` is above 0.4.

    `height` is the shortest and the longest blade in metres, `steps` the number of dabs per blade, `dab` their size in
    pixels.
    """
    z = 1 / rng.uniform(1 / depths[1], 1 / depths[0], (count // 1000, 1000))
    z = np.float32(np.sort(z, axis=None)[::-1].reshape(z.shape))
    x = rng.uniform(-0.65, 0.65, z.shape).astype(np.float32) * z * LAYER_WIDTH / camera.focus
    keep = np.ones(z.shape, bool) if bare is None else bare(x, z) < 0.4
    hue, sun, x, z = albedo(x, z)[keep], shade(x, z)[keep], x[keep], z[keep]
    length = rng.uniform(*height, len(x)) * rng.uniform(0.5, 1, len(x))
    lean = rng.normal(0.12, 0.30, len(x))
    hue = hue * rng.normal(1, 0.20, (len(x), 1))
    hue = hue * (1 + rng.normal(0, 0.10, (len(x), 1)) * np.float32([1, 0.2, -0.5]))
    facing = np.clip(rng.normal(0.55, 0.22, len(x)), 0, 1)
    light = illuminate(hue, facing, np.full(len(x), 0.4), sun)
    fraction = np.linspace(0, 1, steps)[None, :, None]
    root, tip = np.stack([x, 0 * x, z], -1), np.stack([x + lean * length, length, z], -1)
    positions = root[:, None] + (tip - root)[:, None] * fraction
    positions[:, :, 0] += (fraction[..., 0] ** 2 - fraction[..., 0]) * (lean * length)[:, None] * 0.6
    colour = light[:, None] * (0.40 + 0.75 * fraction)
    column, row = camera.project(positions)
    splat(layer, column.ravel(), row.ravel(), colour.reshape(-1, 3), dab, rng)
