"""Numbers for colour: how vivid, how true."""

from __future__ import annotations

import cv2
import numpy as np


def colourfulness(image: np.ndarray) -> float:
    """Hasler & Suesstrunk 2003 of RGB (H, W, 3) uint8: 0 grey, 15 slight, 33 average, 80 extreme."""
    r, g, b = (image[..., i].astype(np.float32) for i in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def lab(image: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) uint8 -> CIELAB (D65) float32, OpenCV's float conversion."""
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


class Comparison:
    """Adds up pictures made and true; `numbers` says how they compare."""

    def __init__(self) -> None:
        self.both = self.made = self.true = self.squares = 0.0
        self.rows: list[tuple[float, ...]] = []

    def add(self, made: np.ndarray, true: np.ndarray) -> None:
        """Two RGB pictures of one size, uint8."""
        from skimage.color import deltaE_ciede2000

        m, t = lab(made), lab(true)
        p, q = m[..., 1:].astype(np.float64), t[..., 1:].astype(np.float64)
        self.both += (p * q).sum()
        self.made += (p * p).sum()
        self.true += (q * q).sum()
        error = np.square(made.astype(np.float64) - true).mean()
        self.rows.append(
            (
                np.square(p - q).mean(),
                deltaE_ciede2000(t, m).mean(),
                10 * np.log10(255**2 / max(error, 1e-9)),
                np.hypot(*np.moveaxis(p, 2, 0)).mean(),
                np.hypot(*np.moveaxis(q, 2, 0)).mean(),
                colourfulness(made),
                colourfulness(true),
            )
        )

    def numbers(self) -> dict[str, float]:
        """agreement is the cosine between made and true ab over all pixels: it cannot be won by
        fading or by shouting. rmse is per ab value, ciede2000 and psnr are means over pictures,
        chroma and colourfulness are the made pictures' as a share of the true ones'."""
        mean = np.mean(self.rows, 0)
        return {
            "agreement": self.both / (np.sqrt(self.made * self.true) + 1e-9),
            "rmse_ab": float(np.sqrt(mean[0])),
            "ciede2000": float(mean[1]),
            "psnr": float(mean[2]),
            "chroma": float(mean[3] / mean[4]),
            "colourfulness": float(mean[5] / mean[6]),
        }
