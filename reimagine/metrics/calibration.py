"""Calibration of predicted colours: chroma where the prediction is unsure, and the hues of dark regions.

All measures compare two images, so they apply to any model's film. A model's own entropy is not used, because most
models and all finished films have none: a model that is unsure predicts the mean of several colours, so the chroma of
the prediction is the measure of how sure it is.
"""

from __future__ import annotations

import cv2
import numpy as np

CHROMA_BINS = (0.0, 5.0, 10.0, 20.0, 40.0, np.inf)
"""Edges of the bins of predicted chroma, in CIELAB units."""
UNSURE_BINS = 2
"""Bins from the lowest in which the prediction counts as unsure: chroma below 10."""
DARK_LIGHTNESS = 35.0
"""CIELAB L of the target below which a pixel is dark."""
PLAIN_DEVIATION = 2.0
"""Standard deviation of L, in a window of `PLAIN_WINDOW` pixels, below which a pixel has low texture."""
PLAIN_WINDOW = 7
"""Side of that window, in pixels."""
HUE_CHROMA = 4.0
"""Chroma above which a pixel has a hue; below it the hue is that of rounding errors."""
HUE_BINS = 12
"""Bins of the histogram of hue, of 30 degrees each."""
RED_HUES = (-20.0, 40.0)
"""Hues that are red, in degrees."""
RED_CHROMA = 12.0
"""Chroma above which a red pixel is visibly red."""


class Calibration:
    """Accumulates the calibration over pairs of predicted and target images.

    Attributes:
        bins: per bin of predicted chroma: pixels, and the sums of predicted chroma, of target chroma and of the
            target's ab in the direction of the predicted ab.
        hues: histograms of hue in dark regions of low texture, of the prediction and of the target, and last the
            pixels without a hue.
        dark: dark pixels in which both images have a hue, and the sum of the absolute differences of hue, in degrees.
        red: dark pixels that are red, of the prediction and of the target.
    """

    def __init__(self) -> None:
        self.bins = np.zeros((len(CHROMA_BINS) - 1, 4))
        self.hues = np.zeros((2, HUE_BINS + 1))
        self.dark = np.zeros(2)
        self.red = np.zeros(2)

    def add(self, predicted: np.ndarray, target: np.ndarray) -> None:
        """Add a pair of images in CIELAB, (h, w, 3) float32."""
        p, t = predicted[..., 1:].astype(np.float64), target[..., 1:].astype(np.float64)
        chroma, target_chroma = np.linalg.norm(p, axis=2), np.linalg.norm(t, axis=2)
        along = (p * t).sum(2) / np.maximum(chroma, 1e-6)
        places = np.digitize(chroma.ravel(), CHROMA_BINS[1:-1])
        for column, values in enumerate((np.ones_like(chroma), chroma, target_chroma, along)):
            self.bins[:, column] += np.bincount(places, values.ravel(), len(self.bins))
        self._add_dark(target[..., 0], (_hue(p), _hue(t)), (chroma, target_chroma))

    def _add_dark(
        self, lightness: np.ndarray, hues: tuple[np.ndarray, np.ndarray], chromas: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Add the pixels that are dark in the target; hues and chromas are of the prediction and of the target."""
        dark = lightness < DARK_LIGHTNESS
        plain = dark & (_deviation(lightness) < PLAIN_DEVIATION)
        for row, (hue, chroma) in enumerate(zip(hues, chromas, strict=True)):
            bins = np.where(chroma > HUE_CHROMA, (hue % 360 // (360 / HUE_BINS)).astype(int), HUE_BINS)
            self.hues[row] += np.bincount(bins[plain], minlength=HUE_BINS + 1)
            red = (hue >= RED_HUES[0]) & (hue <= RED_HUES[1]) & (chroma > RED_CHROMA)
            self.red[row] += (red & dark).sum()
        both = dark & (chromas[0] > HUE_CHROMA) & (chromas[1] > HUE_CHROMA)
        difference = np.abs((hues[0] - hues[1] + 180) % 360 - 180)
        self.dark += both.sum(), difference[both].sum()

    def numbers(self) -> dict[str, float]:
        """Return the measures over all pairs; those without a pixel to measure are left out.

        unsure_chroma: mean predicted chroma as a fraction of the target's, over the pixels whose predicted chroma is
            below 10. Below 1 the prediction is paler than the truth where it is unsure, as a mean must be.
        dark_hue_error: mean absolute difference of hue, in degrees, over the pixels that are dark in the target
            (L < 35) and in which both images have a chroma above 4.
        dark_red: dark pixels with a hue of -20 to 40 degrees and a chroma above 12, as a multiple of the target's.
        dark_hues: distance of the histograms of hue in dark regions of low texture, half the sum of the absolute
            differences of the shares: 0 equal, 1 disjoint. Pixels without a hue are a bin of their own.
        """
        _, predicted, target, _ = self.bins[:UNSURE_BINS].sum(0)
        shares = self.hues / np.maximum(self.hues.sum(1, keepdims=True), 1)
        found = {
            "unsure_chroma": predicted / target if target else None,
            "dark_hue_error": self.dark[1] / self.dark[0] if self.dark[0] else None,
            "dark_red": self.red[0] / self.red[1] if self.red[1] else None,
            "dark_hues": np.abs(shares[0] - shares[1]).sum() / 2 if self.hues.sum() else None,
        }
        return {name: float(value) for name, value in found.items() if value is not None}

    def by_chroma(self) -> dict[str, dict[str, float]]:
        """Return a row for each bin of predicted chroma that has pixels.

        share: of all pixels.
        predicted, target: mean chroma.
        along: mean of the target's ab in the direction of the predicted ab. A calibrated mean has along = predicted;
            a smaller one is too colourful for what it knows.
        """
        rows = {}
        for low, high, (count, *sums) in zip(CHROMA_BINS, CHROMA_BINS[1:], self.bins, strict=False):
            if count:
                title = f"{low:g} to {high:g}" if high < np.inf else f"from {low:g}"
                means = dict(zip(("predicted", "target", "along"), (float(s / count) for s in sums), strict=True))
                rows[title] = {"share": float(count / self.bins[:, 0].sum()), **means}
        return rows

    def by_hue(self) -> dict[str, dict[str, float]]:
        """Return the shares of each bin of hue in dark regions of low texture, of the prediction and of the target."""
        width = 360 // HUE_BINS
        titles = [*(f"{n * width} to {(n + 1) * width}" for n in range(HUE_BINS)), "no hue"]
        shares = self.hues / np.maximum(self.hues.sum(1, keepdims=True), 1)
        return {title: {"predicted": float(p), "target": float(t)} for title, p, t in zip(titles, *shares, strict=True)}


def _hue(ab: np.ndarray) -> np.ndarray:
    """Hue of ab (h, w, 2) in degrees, -180 to 180: 0 is magenta-red, 90 yellow, 180 green, -90 blue."""
    return np.degrees(np.arctan2(ab[..., 1], ab[..., 0]))


def _deviation(lightness: np.ndarray) -> np.ndarray:
    """Standard deviation of (h, w) in a square window around each pixel."""
    values = lightness.astype(np.float64)
    window = (PLAIN_WINDOW, PLAIN_WINDOW)
    return np.sqrt(np.maximum(cv2.blur(values * values, window) - cv2.blur(values, window) ** 2, 0))
