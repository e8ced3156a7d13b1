"""Sky and water, which move over the whole picture."""

from __future__ import annotations

import cv2
import numpy as np
from optics import HAZE, Camera, H, W, sample_texture, tileable_noise


class Sky:
    """A blue gradient, and clouds that drift on a plane overhead."""

    def __init__(self, camera: Camera, rng: np.random.Generator, cover: float = 0.53) -> None:
        self.cover, self.start = cover, float(rng.uniform(0, 1024))
        self.noise = tileable_noise(1024, 128, rng, 7, 0.55)
        rows, columns = np.mgrid[0:H:2, 0:W:2].astype(np.float32)
        height = np.maximum(camera.horizon + 30 - rows, 4) / H
        self.x, self.z = (columns - W / 2) / W / (height + 0.10), 1 / (height + 0.10)
        self.low = np.exp(-height * 7)[..., None]
        zenith = np.float32([0.10, 0.22, 0.50]) * (1.25 - 0.45 * height[..., None])
        glow = np.exp(-height * 3.2)[..., None]
        self.blue = zenith * (1 - glow) + HAZE * glow

    def render(self, time: float) -> np.ndarray:
        """Return linear light (H, W, 3) at `time` seconds."""
        x, z = self.x * 310 + self.start - time * 6, self.z * 130
        here, sunward = sample_texture(self.noise, x, z), sample_texture(self.noise, x - 12, z + 9)
        body = np.clip((here - self.cover) / 0.22, 0, 1)
        body = (body * body * (3 - 2 * body))[..., None]
        light = np.clip(0.72 + 1.9 * (here - sunward) - 0.55 * (here - self.cover), 0, 1)[..., None]
        cloud = np.float32([0.52, 0.57, 0.66]) * (1 - light) + np.float32([1.5, 1.45, 1.36]) * light
        cloud = cloud * (1 - 0.55 * self.low) + HAZE * 1.05 * 0.55 * self.low
        mixed = self.blue * (1 - 0.94 * body) + cloud * 0.94 * body
        return cv2.resize(mixed, (W, H), interpolation=cv2.INTER_LINEAR)


class Water:
    """Water with ripples that reflects what is above row `line`."""

    def __init__(self, camera: Camera, line: int, rng: np.random.Generator) -> None:
        self.line, self.focus = line, camera.focus
        self.noise = tileable_noise(1024, 64, rng, 5, 0.55) - 0.5
        row, self.column = np.mgrid[line:H, 0:W].astype(np.float32)
        self.row = row
        self.z = camera.focus * camera.eye / np.maximum(row - camera.horizon, 1)
        self.x = (self.column - W / 2) * self.z / camera.focus
        self.calm = np.clip(9 / self.z, 0.05, 1)
        steep = np.clip(camera.eye / self.z, 0, 1)
        self.mirror = np.clip(0.05 + 0.95 * (1 - steep) ** 3.2, 0.22, 0.88)

    def draw(self, picture: np.ndarray, time: float, travel: float = 0.0) -> np.ndarray:
        """Draw the water into the lower part of a picture (H, W, 3) in place, and return it."""
        x, z = self.x + travel, self.z
        swell = sample_texture(self.noise, x * 34 + time * 16, z * 62 - time * 40)
        fine = sample_texture(self.noise, x * 120 - time * 50, z * 210 - time * 130)
        gust = 0.55 + 0.9 * np.clip(sample_texture(self.noise, x * 5 + time * 6, z * 7) + 0.5, 0, 1)
        tilt = (swell * 0.75 + fine * 0.45) * gust * self.calm
        up = 2 * self.line - self.row - 6 - np.abs(tilt * self.focus * 0.34 - 2)
        across = self.column + fine * gust * self.calm * 46
        soft = cv2.blur(picture[: self.line], (3, 9))
        reflection = cv2.remap(
            soft,
            across,
            np.clip(up, 0, self.line - 1),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        mirror = np.clip(self.mirror - 1.3 * tilt, 0.10, 0.88)[..., None]
        deep = np.float32([0.030, 0.062, 0.070])
        sparkle = np.clip(fine * gust * 3 - 1.05, 0, 0.5)[..., None] * np.float32([0.9, 0.88, 0.82])
        picture[self.line :] = reflection * mirror * 0.94 + deep * (1 - mirror) + sparkle
        return picture
