"""Who and what moves: a man, a locomotive and its carriages, a sailing boat."""
from __future__ import annotations

import math

import cv2
import numpy as np
from paint import layer, noise, over, polygon

SKIN = (0.80, 0.58, 0.46)


def oval(picture: np.ndarray, centre: tuple, axes: tuple, colour, half: bool = False) -> None:
    """A filled ellipse, or its upper half."""
    cv2.ellipse(picture, centre, axes, 0, 180 if half else 0, 360, colour, -1, cv2.LINE_AA)


def shape(picture: np.ndarray, points: list, colour) -> None:
    """A filled polygon with sub-pixel corners."""
    cv2.fillPoly(picture, [np.int32(np.float32(points) * 16)], colour, cv2.LINE_AA, 4)


def limb(picture: np.ndarray, x: float, y: float, angles: tuple, lengths: tuple, width: float,
         colour) -> tuple:  # fmt: skip
    """Two bones from a joint; angles from straight down, in radians. Gives back the far end."""
    for angle, length in zip(angles, lengths, strict=True):
        end = x + math.sin(angle) * length, y + math.cos(angle) * length
        a, b = (tuple(np.int32(np.float32(p) * 16)) for p in ((x, y), end))
        cv2.line(picture, a, b, colour, int(width), cv2.LINE_AA, 4)
        (x, y), width = end, width * 0.8
    return x, y


def walker(picture: np.ndarray, x: float, foot: float, s: float, stride: float) -> None:
    """A man in a brown coat and a bowler hat; s is his height in pixels, stride his phase."""
    coat, cloth, dark = (0.36, 0.25, 0.17), (0.27, 0.27, 0.31), (0.11, 0.10, 0.10)
    swing, bob = math.sin(stride), abs(math.sin(stride)) * s * 0.012
    for side in (-1, 1):
        thigh = side * swing * 0.5
        shin = thigh - max(0.0, -side * math.cos(stride)) * 0.7
        colour = tuple(c * (0.7 if side < 0 else 1.0) for c in cloth)
        end = limb(picture, x, foot - s * 0.47 + bob, (thigh, shin), (s * 0.24, s * 0.23), s * 0.085, colour)
        oval(picture, (int(end[0] + s * 0.03), int(end[1])), (int(s * 0.055), int(s * 0.022)), dark)
        if side < 0:
            arm(picture, x, foot, s, swing, tuple(c * 0.7 for c in coat))
    body = [(x - s * 0.09, foot - s * 0.84), (x + s * 0.08, foot - s * 0.84),
            (x + s * 0.12, foot - s * 0.40), (x - s * 0.13, foot - s * 0.38)]  # fmt: skip
    shape(picture, body, coat)
    lit = [body[0], (x - s * 0.02, foot - s * 0.84), (x - s * 0.06, foot - s * 0.39), body[3]]
    shape(picture, lit, tuple(c * 1.35 for c in coat))
    arm(picture, x, foot, s, -swing, tuple(c * 1.15 for c in coat))
    head, brim = (int(x + s * 0.015), int(foot - s * 0.905)), int(foot - s * 0.905) - int(s * 0.045)
    oval(picture, head, (int(s * 0.05), int(s * 0.066)), SKIN)
    oval(picture, (head[0], brim), (int(s * 0.055), int(s * 0.05)), dark, half=True)
    oval(picture, (head[0], brim), (int(s * 0.08), int(s * 0.014)), dark)


def arm(picture: np.ndarray, x: float, foot: float, s: float, swing: float, colour) -> None:
    angles = swing * 0.45, swing * 0.45 + 0.3
    hand = limb(picture, x, foot - s * 0.80, angles, (s * 0.19, s * 0.17), s * 0.07, colour)
    cv2.circle(picture, tuple(map(int, hand)), int(s * 0.025), SKIN, -1, cv2.LINE_AA)


def carriages(height: int, deck: int, rng: np.random.Generator) -> np.ndarray:
    """Three carriages, (height, 900, 4); the engine is drawn before them."""
    sheet = layer(height, 900)
    grain = 0.85 + 0.3 * noise(height, 900, 40, rng, 4)[..., None]
    for n in range(3):
        x = n * 300
        polygon(sheet, [(x + 8, deck - 22), (x + 8, deck - 98), (x + 286, deck - 98), (x + 286, deck - 22)],
                np.float32([0.42, 0.15, 0.12]) * grain)  # fmt: skip
        roof = [(x + 2, deck - 96), (x + 22, deck - 112), (x + 272, deck - 112), (x + 292, deck - 96)]
        polygon(sheet, roof, np.float32([0.50, 0.49, 0.47]) * grain)
        for k in range(6):
            left = x + 24 + k * 43
            box = [(left, deck - 86), (left + 28, deck - 86), (left + 28, deck - 56), (left, deck - 56)]
            polygon(sheet, box, (0.72, 0.70, 0.58) if k % 3 else (0.25, 0.28, 0.31))
        for k in (40, 80, 214, 254):
            cv2.circle(sheet, (x + k, deck - 14), 14, (0.12, 0.11, 0.11, 1.0), -1, cv2.LINE_AA)
    return sheet


def engine(picture: np.ndarray, train: np.ndarray, x: float, deck: int, time: float) -> None:
    """The locomotive and what it pulls; x is the left end of the engine's tender."""
    picture[:] = over(picture, train, -(x - 910))
    black, brass, red = (0.10, 0.11, 0.11), (0.66, 0.50, 0.22), (0.45, 0.12, 0.09)
    x = int(x)

    def box(a: int, b: int, c: int, d: int, colour) -> None:
        cv2.rectangle(picture, (x + a, deck - b), (x + c, deck - d), colour, -1, cv2.LINE_AA)

    box(0, 80, 95, 24, (0.13, 0.16, 0.14))
    box(108, 118, 178, 24, (0.12, 0.19, 0.14))
    box(102, 126, 184, 116, black)
    box(122, 106, 162, 76, (0.30, 0.34, 0.36))
    for row in range(52):
        shade = 0.10 + 0.26 * math.exp(-(((row - 12) / 9) ** 2))
        y = deck - 92 + row
        cv2.line(picture, (x + 178, y), (x + 338, y), (shade, shade * 1.05, shade), 1)
    for ring in (214, 258, 300):
        box(ring, 93, ring + 5, 40, brass)
    box(308, 132, 332, 90, black)
    box(302, 142, 338, 130, black)
    oval(picture, (x + 240, deck - 94), (18, 20), brass, half=True)
    box(100, 38, 352, 26, red)
    for wheel, radius in ((22, 15), (70, 15), (150, 27), (212, 27), (274, 27), (324, 16)):
        centre = (x + wheel, deck - radius)
        cv2.circle(picture, centre, radius, black, -1, cv2.LINE_AA)
        cv2.circle(picture, centre, radius - 3, red, 2, cv2.LINE_AA)
        for spoke in range(4):
            a = spoke * math.pi / 4 + time * 300 / radius
            d = int(math.cos(a) * (radius - 3)), int(math.sin(a) * (radius - 3))
            ends = [(centre[0] + k * d[0], centre[1] + k * d[1]) for k in (-1, 1)]
            cv2.line(picture, *ends, red, 2, cv2.LINE_AA)
    dx, dy = int(math.cos(time * 11) * 14), int(math.sin(time * 11) * 14)
    rod = [(x + wheel + dx, deck - 27 + dy) for wheel in (150, 274)]
    cv2.line(picture, *rod, (0.6, 0.6, 0.62), 5, cv2.LINE_AA)


def sail(picture: np.ndarray, x: float, y: float, time: float, mirrored: bool) -> None:
    """A boat with one sail, or its reflection."""
    lean, up = math.sin(time * 1.7) * 0.03, -0.75 if mirrored else 1.0

    def points(shape: list) -> np.ndarray:
        turned = [(x + a + lean * b, y - up * b) for a, b in shape]
        return np.int32(np.float32(turned) * 16)

    sheet = picture.copy()
    for shape, colour in (
        ([(-85, 26), (95, 26), (70, -10), (-62, -10)], (0.36, 0.20, 0.12)),
        ([(-85, 26), (95, 26), (92, 18), (-82, 18)], (0.78, 0.70, 0.55)),
        ([(4, 26), (10, 26), (9, 300), (5, 300)], (0.34, 0.25, 0.17)),
        ([(14, 46), (110, 60), (40, 190), (10, 292)], (0.88, 0.82, 0.70)),
        ([(14, 46), (56, 52), (24, 190), (10, 292)], (0.95, 0.90, 0.79)),
        ([(0, 40), (-74, 40), (2, 260)], (0.72, 0.35, 0.24)),
        ([(-40, 26), (-18, 26), (-20, 66), (-38, 66)], (0.20, 0.26, 0.38)),
    ):
        cv2.fillPoly(sheet, [points(shape)], colour, cv2.LINE_AA, 4)
    head = points([(-29, 78)])[0]
    cv2.circle(sheet, tuple(head), 11 * 16, (0.80, 0.58, 0.46), -1, cv2.LINE_AA, 4)
    strength = 0.35 if mirrored else 1.0
    picture[:] = picture * (1 - strength) + sheet * strength
