"""Change of tone and position between consecutive frames that is not motion, and its slow trend.

Both changes are measured along the optical flow, so that moving objects do not count. Summed over a shot they form a
signal. Its slow part is exposure and camera motion; the residual is flicker and gate weave.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reimagine.media.motion import FlowWithConfidence, warp_backward

TONE_LEVELS = 8
"""Bands of luma whose flicker is measured separately: shadows and highlights change by different amounts."""
MIN_CONFIDENCE = 0.5
"""Flow confidence above which a pixel is measured."""
MIN_CONFIDENT_SHARE = 0.05
"""Share of confident pixels below which no change is measured."""
MAX_TONE_CHANGE = 40.0
"""Grey levels; a larger change of a pixel is not flicker and is ignored."""
MIN_SAMPLES = 50
"""Pixels that a band of luma must have to be measured."""
MAX_SAMPLE_WEIGHT = 2000
"""Pixels above which a band's weight does not grow any more."""
BAND_VARIANCE = 0.8
"""Variance, in bands, of the Gaussian that smooths the change of tone across the bands."""


class FrameChange(NamedTuple):
    """Difference of a frame from the previous one.

    Attributes:
        tone: (TONE_LEVELS,) float64, change of luma in grey levels (0..255), by band of luma.
        shift: (2,) float64, displacement (x, y) in pixels of the downscaled frames.
    """

    tone: np.ndarray
    shift: np.ndarray


NO_CHANGE = FrameChange(np.zeros(TONE_LEVELS), np.zeros(2))
"""The change of a frame that has no previous one, or none that the flow could follow."""


def measure_change(current: np.ndarray, previous: np.ndarray, to_previous: FlowWithConfidence) -> FrameChange:
    """Measure the change between two downscaled lumas (h, w) uint8, given the flow from the current to the previous."""
    flow, confidence = to_previous
    confident = confidence > MIN_CONFIDENCE
    if confident.mean() < MIN_CONFIDENT_SHARE:
        return NO_CHANGE
    warped = warp_backward(previous, flow)
    change = current.astype(np.int16) - warped
    level = warped // (256 // TONE_LEVELS)
    tone, weight = np.zeros(TONE_LEVELS), np.zeros(TONE_LEVELS)
    for band in range(TONE_LEVELS):
        values = change[confident & (level == band)]
        values = values[np.abs(values) < MAX_TONE_CHANGE]
        if len(values) > MIN_SAMPLES:
            tone[band], weight[band] = _interquartile_mean(values), min(len(values), MAX_SAMPLE_WEIGHT)
    if not weight.any():
        return NO_CHANGE
    distance = np.arange(TONE_LEVELS)[:, None] - np.arange(TONE_LEVELS)
    weights = np.exp(-0.5 * distance**2 / BAND_VARIANCE) * weight
    return FrameChange(weights @ tone / weights.sum(1), -np.median(flow[confident], 0).astype(float))


def _interquartile_mean(values: np.ndarray) -> float:
    """Mean of the values between the quartiles: as robust as the median, but not limited to whole grey levels."""
    low, high = np.quantile(values, (0.25, 0.75))
    return float(values[(values >= low) & (values <= high)].mean())


def cumulative_changes(changes: list[FrameChange]) -> tuple[np.ndarray, np.ndarray]:
    """Sum the changes of N consecutive frames, the first frame's own left out: tone (N, TONE_LEVELS), shift (N, 2)."""
    return (
        np.cumsum([NO_CHANGE.tone, *(c.tone for c in changes[1:])], 0),
        np.cumsum([NO_CHANGE.shift, *(c.shift for c in changes[1:])], 0),
    )


def local_trend_residual(signal: np.ndarray, index: int, sigma: float, min_slope: float = 0.0) -> np.ndarray:
    """Local trend residual: deviation of a signal at one position from its local linear trend.

    The trend is a line fitted by least squares with Gaussian weights, so that pans and fades are part of it. A slope
    that is small compared with `min_slope` is shrunk towards zero, and so becomes part of the residual.

    Args:
        signal: (N, C).
        index: position, 0..N-1.
        sigma: standard deviation of the weights, in frames.
        min_slope: scale of slopes that belong to the trend, in units of the signal per frame.

    Returns:
        (C,) residual.
    """
    offset = np.arange(len(signal)) - index
    weight = np.exp(-0.5 * (offset / sigma) ** 2)
    weight /= weight.sum()
    mean, mean_offset = weight @ signal, weight @ offset
    variance = weight @ (offset - mean_offset) ** 2 + 1e-9
    slope = (weight * (offset - mean_offset)) @ (signal - mean) / variance
    slope *= (slope**2 + 1e-12) / (slope**2 + min_slope**2 + 1e-12)
    return signal[index] - (mean - slope * mean_offset)
