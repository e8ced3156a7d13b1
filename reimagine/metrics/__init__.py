"""Metrics of colour, temporal consistency, restoration, continuations, loudness, notes and timbres.

Every function takes images, frames or notes and returns numbers; the workflows that use them are in `evaluation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Distance = Callable[["np.ndarray", "np.ndarray"], float]
"""Perceptual distance between two RGB images (H, W, 3) uint8, such as `metrics.perceptual.PerceptualDistance`."""
