"""Metrics of colour: colourfulness, and distances between predicted and target images."""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.metrics.calibration import Calibration


def colourfulness(image: np.ndarray) -> float:
    """Return the colourfulness of RGB (H, W, 3) uint8 (Hasler & Suesstrunk 2003).

    0 is grey, 15 slightly colourful, 33 averagely, 80 extremely.
    """
    r, g, b = (image[..., i].astype(np.float32) for i in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def lab(image: np.ndarray) -> np.ndarray:
    """Convert RGB (H, W, 3) uint8 to CIELAB (D65) float32, with OpenCV."""
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


class Comparison:
    """Accumulates metrics over pairs of predicted and target images.

    Attributes:
        product: sum of the products of predicted and target ab over all pixels.
        predicted: sum of the squared predicted ab.
        target: sum of the squared target ab.
        rows: metrics of each pair.
        calibration: chroma where the prediction is unsure, and hues of dark regions.
    """

    def __init__(self) -> None:
        self.product = self.predicted = self.target = 0.0
        self.rows: list[tuple[float, ...]] = []
        self.calibration = Calibration()

    def add(self, predicted: np.ndarray, target: np.ndarray) -> None:
        """Add a pair of RGB images of one size, uint8."""
        from skimage.color import deltaE_ciede2000

        a, b = lab(predicted), lab(target)
        self.calibration.add(a, b)
        p, t = a[..., 1:].astype(np.float64), b[..., 1:].astype(np.float64)
        self.product += (p * t).sum()
        self.predicted += (p * p).sum()
        self.target += (t * t).sum()
        error = np.square(predicted.astype(np.float64) - target).mean()
        self.rows.append(
            (
                np.square(p - t).mean(),
                deltaE_ciede2000(b, a).mean(),
                10 * np.log10(255**2 / max(error, 1e-9)),
                np.hypot(*np.moveaxis(p, 2, 0)).mean(),
                np.hypot(*np.moveaxis(t, 2, 0)).mean(),
                colourfulness(predicted),
                colourfulness(target),
            )
        )

    def numbers(self) -> dict[str, float]:
        """Return the metrics over all pairs.

        agreement: cosine between predicted and target ab over all pixels. It depends on hue and on the relative
            chroma of the pixels; it is the same for colours that are paler or stronger throughout.
        rmse_ab: root mean square error of a and b, in CIELAB units.
        ciede2000: mean colour difference.
        psnr: mean peak signal-to-noise ratio of RGB, in dB.
        chroma: mean chroma as a fraction of the target's.
        colourfulness: mean colourfulness as a fraction of the target's.

        The others are those of `Calibration.numbers`.
        """
        mean = np.mean(self.rows, 0)
        return {
            "agreement": self.product / (np.sqrt(self.predicted * self.target) + 1e-9),
            "rmse_ab": float(np.sqrt(mean[0])),
            "ciede2000": float(mean[1]),
            "psnr": float(mean[2]),
            "chroma": float(mean[3] / mean[4]),
            "colourfulness": float(mean[5] / mean[6]),
            **self.calibration.numbers(),
        }
