"""Three shots: a village lane, a train over the viaduct, a boat on the lake."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from actors import carriages, engine, sail, walker
from paint import (
    brick,
    clouds,
    hills,
    layer,
    meadow,
    noise,
    over,
    polygon,
    rippled,
    sky,
    tree,  # fmt: skip
)

WIDTH, HEIGHT, RATE = 640, 480, 24
H, W, WIDE = 2 * HEIGHT, 2 * WIDTH, 3 * WIDTH
"""Everything is painted at twice the size, on sheets half as wide again, for the camera to pan."""

Shot = Callable[[float], np.ndarray]
"""Seconds since the shot began -> (H, W, 3) float32 in 0..1."""

GREENS = [(0.20, 0.33, 0.11), (0.27, 0.38, 0.12), (0.16, 0.28, 0.13), (0.33, 0.37, 0.12)]


def frames() -> Iterator[np.ndarray]:
    """The whole film in colour: (480, 640, 3) uint8 RGB."""
    for shot, seconds in ((lane(), 4.0), (viaduct(), 3.5), (lake(), 2.5)):
        for n in range(round(seconds * RATE)):
            small = cv2.resize(shot(n / RATE), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
            yield (np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8)


def shadow(sheet: np.ndarray, x: float, y: float, a: float, b: float) -> None:
    """The soft shade a thing throws on the grass, to the right of it."""
    mask = np.zeros(sheet.shape[:2], np.float32)
    cv2.ellipse(mask, (int(x + a * 0.5), int(y)), (int(a), int(b)), 0, 0, 360, 1, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), b * 0.5) * 0.55
    sheet[..., :3] *= 1 - mask[..., None] * sheet[..., 3:]


def house(sheet: np.ndarray, x: int, foot: int, w: int, h: int, wall: np.ndarray, rng) -> None:
    """Two storeys, windows with white frames, a door, a tiled roof, a chimney."""
    top = foot - h
    polygon(sheet, [(x, foot), (x, top), (x + w, top), (x + w, foot)], wall)
    grain = noise(*sheet.shape[:2], 10, rng, 3)[..., None]
    tiles = np.float32([0.45, 0.23, 0.17]) * (0.65 + 0.6 * grain)
    tiles[np.arange(sheet.shape[0]) % 9 < 2] *= 0.72
    polygon(sheet, [(x + w * 0.72, top - h * 0.30), (x + w * 0.72, top - h * 0.62),
                    (x + w * 0.80, top - h * 0.62), (x + w * 0.80, top - h * 0.2)], wall * 0.8)  # fmt: skip
    polygon(sheet, [(x - w * 0.06, top + 6), (x + w * 0.14, top - h * 0.5),
                    (x + w * 0.86, top - h * 0.5), (x + w * 1.06, top + 6)], tiles)  # fmt: skip
    polygon(sheet, [(x, top + 6), (x + w, top + 6), (x + w, top + 26), (x, top + 26)], wall * 0.5)
    for column in (0.10, 0.41, 0.72):
        for row in (0.16, 0.60):
            if (column, row) != (0.41, 0.60):
                window(sheet, x + w * column, top + h * row, w * 0.17, h * 0.24)
    polygon(sheet, [(x + w * 0.43, foot), (x + w * 0.43, foot - h * 0.42),
                    (x + w * 0.57, foot - h * 0.42), (x + w * 0.57, foot)], (0.16, 0.27, 0.22))  # fmt: skip


def window(sheet: np.ndarray, x: float, y: float, w: float, h: float) -> None:
    box = [(0, 0), (1, 0), (1, 1), (0, 1)]
    polygon(sheet, [(x - 5 + a * (w + 10), y - 5 + b * (h + 10)) for a, b in box], (0.86, 0.84, 0.78))
    for i in range(2):
        for j in range(2):
            pane = [(x + (i + a * 0.92) * w / 2, y + (j + b * 0.92) * h / 2) for a, b in box]
            polygon(sheet, pane, (0.20 + 0.05 * i, 0.25 + 0.03 * j, 0.31))


def smoke(picture: np.ndarray, x: float, y: float, age: float, size: float, seed: int) -> None:
    """One puff, `age` seconds old: it rises, drifts, grows and thins."""
    rng = np.random.default_rng(seed)
    x, y = x + age * 45 + rng.normal(0, 7), y - 55 * age**0.8 + rng.normal(0, 5)
    r, alpha = size * (0.5 + 0.9 * age), 0.62 * math.exp(-1.1 * age)
    x0, x1, y0, y1 = int(x - 2 * r), int(x + 2 * r), int(y - 2 * r), int(y + 2 * r)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(picture.shape[1], x1), min(picture.shape[0], y1)
    if x1 <= x0 or y1 <= y0:
        return
    yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    ball = np.exp(-(((xx - x) / r) ** 2 + ((yy - y) / r) ** 2) * 1.6)[..., None] * alpha
    lit = np.clip(0.78 - ((xx - x) + (yy - y)) / r * 0.16, 0.45, 1)[..., None]
    part = picture[y0:y1, x0:x1]
    part[:] = part * (1 - ball) + lit * np.float32([1, 0.98, 0.95]) * ball


def lane() -> Shot:
    """A man walks past a brick house under trees; the camera pans with him."""
    rng = np.random.default_rng(3)
    back, cover = sky(H, W, rng), clouds(H, WIDE, rng)
    far = hills(H, WIDE, 0.53, 0.13, (0.22, 0.32, 0.17), 0.55, rng)
    near = hills(H, WIDE, 0.57, 0.09, (0.20, 0.31, 0.12), 0.25, rng)
    ground = meadow(H, WIDE, 0.56, rng)
    path = np.float32([0.66, 0.57, 0.43]) * (0.72 + 0.5 * noise(H, WIDE, 14, rng, 4)[..., None])
    polygon(ground, [(0, H * 0.80), (WIDE, H * 0.765), (WIDE, H * 0.86), (0, H * 0.93)], path)
    for x, size in ((330, 250), (1010, 300), (1700, 260)):
        shadow(ground, x, H * 0.69, size * 0.5, 18)
    things = layer(H, WIDE)
    tree(things, 520, H * 0.645, 330, GREENS[2], rng)
    tree(things, 1260, H * 0.64, 300, GREENS[3], rng)
    house(things, 640, int(H * 0.71), 430, 250, brick(H, WIDE, (0.58, 0.30, 0.22), rng), rng)
    plaster = np.float32([0.80, 0.74, 0.62]) * (0.8 + 0.3 * noise(H, WIDE, 90, rng, 6)[..., None])
    house(things, 1400, int(H * 0.685), 330, 200, plaster, rng)
    front = layer(H, WIDE)
    tree(front, 300, H * 0.78, 560, GREENS[0], rng)
    tree(front, 1240, H * 0.75, 470, GREENS[1], rng)
    grass = layer(H, WIDE)
    for _ in range(1500):
        x, tall = rng.uniform(0, WIDE), rng.uniform(24, 80)
        tone = np.float32([0.22, 0.33, 0.10]) * rng.uniform(0.5, 1.5)
        a, b = (int(x), H + 2), (int(x + rng.normal(0, 16)), int(H - tall))
        cv2.line(grass, a, b, (*map(float, tone), 1.0), 2, cv2.LINE_AA)

    def at(time: float) -> np.ndarray:
        x = 40 + 62 * time
        picture = over(back.copy(), cover, x * 0.1 + time * 10)
        for sheet, speed in ((far, 0.25), (near, 0.4), (ground, 1.0), (things, 1.0)):
            picture = over(picture, sheet, x * speed)
        for puff in range(14):
            age = (time + puff * 0.35) % 4.9
            smoke(picture, 966 - x, H * 0.71 - 410, age * 0.6, 20, puff)
        walker(picture, 250 + 150 * time - x * 0.3, H * 0.855, 250, time * 6.2)
        return over(over(picture, front, x * 1.12), grass, x * 1.5)

    return at


def viaduct() -> Shot:
    """A train crosses a stone viaduct over the river."""
    rng = np.random.default_rng(11)
    line = int(H * 0.70)
    back, cover = sky(H, W, rng), clouds(H, WIDE, rng)
    far = hills(H, WIDE, 0.62, 0.26, (0.22, 0.30, 0.20), 0.62, rng)
    near = hills(H, WIDE, 0.68, 0.15, (0.21, 0.32, 0.12), 0.25, rng)
    bridge = layer(H, WIDE)
    stone = brick(H, WIDE, (0.60, 0.54, 0.45), rng, 16)
    deck = int(H * 0.47)
    polygon(bridge, [(0, deck), (WIDE, deck), (WIDE, line), (0, line)], stone)
    arches = np.zeros((H, WIDE), np.uint8)
    for x in range(-40, WIDE, 260):
        cv2.ellipse(arches, (x + 130, deck + 150), (95, 105), 0, 180, 360, 255, -1, cv2.LINE_AA)
        cv2.rectangle(arches, (x + 35, deck + 150), (x + 225, line), 255, -1)
    bridge[..., 3] *= 1 - arches / 255
    inner = cv2.GaussianBlur(arches, (0, 0), 9)[..., None] / 255
    bridge[..., :3] *= 1 - 0.55 * np.roll(inner, -14, 1)
    polygon(bridge, [(0, deck), (WIDE, deck), (WIDE, deck + 14), (0, deck + 14)], stone * 1.15)
    bank = layer(H, WIDE)
    for x, size, foot in ((60, 300, 0.71), (1290, 330, 0.72), (1480, 270, 0.705), (520, 170, 0.70)):
        tree(bank, x, H * foot, size, GREENS[x % 4], rng)
    train = carriages(H, deck, rng)

    def at(time: float) -> np.ndarray:
        x, front = 60 + 14 * time, -140 + 300 * time
        picture = over(over(back.copy(), cover, x + time * 8), far, x * 0.4)
        picture = over(picture, near, x * 0.7)
        engine(picture, train, front - x, deck, time)
        for puff in range(26):
            born = puff * 0.14
            if time >= born:
                smoke(picture, -140 + 300 * born + 322 - x, deck - 150, time - born, 30, puff)
        picture = over(over(picture, bridge, x), bank, x)
        return rippled(picture, line, time)

    return at


def lake() -> Shot:
    """A sailing boat under wooded shores."""
    rng = np.random.default_rng(29)
    line = int(H * 0.56)
    back, cover = sky(H, W, rng), clouds(H, WIDE, rng)
    far = hills(H, WIDE, 0.55, 0.26, (0.24, 0.31, 0.24), 0.66, rng)
    near = hills(H, WIDE, 0.57, 0.13, (0.21, 0.33, 0.13), 0.35, rng)
    shore = layer(H, WIDE)
    for n in range(17):
        tree(shore, rng.uniform(0, WIDE), H * 0.565, rng.uniform(110, 210), GREENS[n % 4], rng)
    lime = np.full((H, WIDE, 3), (0.82, 0.78, 0.70), np.float32)
    house(shore, 900, int(H * 0.565), 120, 70, lime, rng)
    reeds = layer(H, WIDE)
    for _ in range(900):
        x, tall = rng.uniform(0, WIDE * 0.32) + WIDE * 0.4 * (rng.random() < 0.35), rng.uniform(60, 240)
        tone = np.float32([0.34, 0.38, 0.15]) * rng.uniform(0.45, 1.5)
        tip = int(x + rng.normal(8, 22)), int(H - tall)
        cv2.line(reeds, (int(x), H + 2), tip, (*map(float, tone), 1.0), 3, cv2.LINE_AA)

    def at(time: float) -> np.ndarray:
        x = 60 + 10 * time
        picture = over(over(back.copy(), cover, x + time * 12), far, x * 0.4)
        picture = over(over(picture, near, x * 0.7), shore, x)
        boat = 480 + 70 * time, line + 46 + 3 * math.sin(2 * time)
        picture = rippled(picture, line, time)
        sail(picture, *boat, time, mirrored=True)
        sail(picture, *boat, time, mirrored=False)
        return over(picture, reeds, x * 1.4 + 8 * math.sin(time * 1.5))

    return at
