"""The steps of `restore --model classic`: stabilize light and position, remove marks and grain, stretch contrast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from reimagine.media.images.grain import estimate_grain
from reimagine.media.iteration import prefetch
from reimagine.media.motion import FlowWithConfidence, bidirectional_flow
from reimagine.media.video.frames import Frame, is_consecutive

from . import temporal_inpainting
from .blending import blend
from .deflicker import apply_tone_curve, flicker_residual, match_mean_and_contrast
from .dirt import detect_dirt, remove_dirt
from .frame_change import NO_CHANGE, FrameChange, cumulative_changes, measure_change
from .large_losses import repair_large_losses
from .scratches import detect_line_columns, discard_static_lines, remove_scratches, scratch_mask
from .statistics import RestorationStatistics
from .temporal_inpainting import downscaled, sliding_windows
from .weave import translate, weave_residual

if TYPE_CHECKING:
    from reimagine.stages.contract import Counts

    from .classic import Classic

TREND_RADIUS = 30
"""Frames before and after a frame in which the trends of light and position are fitted."""
RANGE_QUANTILES = 0.005, 0.995
"""Quantiles of a frame's luma that the contrast stretch takes as its darkest and lightest tone."""
TARGET_RANGE = 4.0, 251.0
"""Grey levels to which these tones are stretched."""
MIN_RANGE = 60.0
"""Grey levels; a smaller tonal range is a fade or fog, and is not stretched."""


@dataclass
class FrameAnalysis:
    """Measurements of a frame before restoration.

    Attributes:
        luma: the downscaled luma (h, w) uint8.
        to_previous: flow to the previous frame; None for the first of a shot.
        from_previous: flow from the previous frame; None for the first of a shot.
        change: change of tone and position from the previous frame.
        tonal_range: (2,) darkest and lightest tone, in grey levels.
        noise: standard deviation of the grain, in grey levels.
        line_columns: (W,) bool, columns with a vertical line.
    """

    frame: Frame
    luma: np.ndarray
    to_previous: FlowWithConfidence | None
    from_previous: FlowWithConfidence | None
    change: FrameChange
    tonal_range: np.ndarray
    noise: float
    line_columns: np.ndarray


@dataclass
class StabilizedFrame:
    """A frame without flicker and weave.

    Attributes:
        grey: (H, W) uint8.
        analysis: measurements of the frame before restoration.
        tonal_range: (2,) darkest and lightest tone of the frames around, in grey levels.
        shift: (x, y) by which the frame was translated, in pixels of the downscaled frame.
        scratch_columns: (W,) bool, columns with a scratch.
    """

    grey: np.ndarray
    analysis: FrameAnalysis
    tonal_range: np.ndarray
    shift: np.ndarray
    scratch_columns: np.ndarray

    @property
    def frame(self) -> Frame:
        """The frame before restoration."""
        return self.analysis.frame


class ClassicPipeline:
    """The processor of `Classic`. It holds options only; each call owns the state of its part."""

    def __init__(self, options: Classic) -> None:
        self.options = options

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
        """Yield the restored frames of one part, and add the measured damage to `counts`."""
        statistics = RestorationStatistics(counts)
        if self.options.dirt:
            frames = repair_large_losses(frames, counts)
        for window, index in sliding_windows(prefetch(self.stabilize(frames), 2), 1):
            previous = window[index - 1] if index else None
            following = window[index + 1] if index + 1 < len(window) else None
            yield self.clean(window[index], previous, following, statistics)

    # -- flicker and gate weave ------------------------------------------------------------

    def analyze(self, frames: Iterable[Frame]) -> Iterator[FrameAnalysis]:
        """Measure each frame, and its change from the previous one in the same shot."""
        last: FrameAnalysis | None = None
        for frame in frames:
            luma = downscaled(frame.grey)
            tonal_range = np.quantile(luma, RANGE_QUANTILES)
            noise = estimate_grain(frame.grey)
            columns = detect_line_columns(frame.grey, noise) if self.options.scratches else np.zeros(frame.width, bool)
            to_previous = from_previous = None
            change = NO_CHANGE
            if last and is_consecutive(frame, last.frame):
                matched = match_mean_and_contrast(last.luma, luma)
                to_previous, from_previous = bidirectional_flow(luma, matched, "medium")
                change = measure_change(luma, last.luma, to_previous)
            last = FrameAnalysis(frame, luma, to_previous, from_previous, change, tonal_range, noise, columns)
            yield last

    def stabilize(self, frames: Iterable[Frame]) -> Iterator[StabilizedFrame]:
        """Remove flicker and gate weave, and find the scratched columns."""
        for window, index in sliding_windows(prefetch(self.analyze(frames), 2), TREND_RADIUS):
            current = window[index]
            tones, shifts = cumulative_changes([analysis.change for analysis in window])
            scale = current.frame.height / current.luma.shape[0]
            shift = -self.options.weave * weave_residual(shifts, index, current.luma.shape[0])
            grey = apply_tone_curve(current.frame.grey, self.options.deflicker * flicker_residual(tones, index))
            columns = discard_static_lines([a.line_columns for a in window], scale * shifts[:, 0], index)
            tonal_range = np.median([analysis.tonal_range for analysis in window], 0)
            yield StabilizedFrame(translate(grey, shift * scale), current, tonal_range, shift, columns)

    # -- dirt, scratches, grain, contrast --------------------------------------------------

    def clean(
        self,
        current: StabilizedFrame,
        previous: StabilizedFrame | None,
        following: StabilizedFrame | None,
        statistics: RestorationStatistics,
    ) -> Frame:
        """Remove dirt, scratches and grain, and stretch the contrast."""
        grey, noise = current.grey, current.analysis.noise
        to_following = following.analysis.from_previous if following else None
        flows = (previous, current.analysis.to_previous), (following, to_following)
        neighbours = [warp_neighbour(current, other, flow) for other, flow in flows if other and flow]
        dirt = np.zeros(grey.shape, np.uint8)
        if self.options.dirt and len(neighbours) == 2:
            dirt = detect_dirt(grey, neighbours[0], neighbours[1], noise)
        scratches = scratch_mask(grey, current.scratch_columns)
        if dirt.any():
            grey = remove_dirt(grey, dirt, cv2.addWeighted(neighbours[0], 0.5, neighbours[1], 0.5, 0))
        if scratches.any():
            grey = remove_scratches(grey, scratches)
        if self.options.denoise:
            grey = temporal_denoise(grey, neighbours, noise, self.options.denoise)
        if self.options.contrast:
            grey = stretch_contrast(grey, current.tonal_range, self.options.contrast)
        statistics.add(current.frame, (dirt | scratches) > 0, float((dirt > 0).mean()))
        return current.frame.with_grey(grey)


def warp_neighbour(current: StabilizedFrame, neighbour: StabilizedFrame, flow: FlowWithConfidence) -> np.ndarray:
    """Warp a stabilized neighbour to the current frame: (H, W) uint8. The flow was measured before stabilization."""
    shift = (neighbour.shift - current.shift).astype(np.float32)
    return temporal_inpainting.warp_neighbour(neighbour.grey, flow.flow + shift)


def temporal_denoise(grey: np.ndarray, neighbours: list[np.ndarray], noise: float, strength: float) -> np.ndarray:
    """Reduce grain: average with similar pixels of the warped neighbours, then apply a bilateral filter.

    Args:
        grey: (H, W) uint8.
        neighbours: (H, W) uint8 each, warped to the frame.
        noise: standard deviation of the grain, in grey levels.
        strength: share of the change that is applied, 0..1.
    """
    sigma = max(noise, 1.0)
    total, weight = grey.astype(np.float32), np.ones(grey.shape, np.float32)
    for neighbour in neighbours:
        difference = cv2.blur(cv2.absdiff(grey, neighbour), (3, 3)).astype(np.float32) / (1.5 * sigma + 2)
        similarity = np.exp(-difference * difference)
        total += similarity * neighbour
        weight += similarity
    mean = (total / weight + 0.5).astype(np.uint8)
    filtered = cv2.bilateralFilter(mean, 5, 1.5 * sigma + 2, 1.5)
    return blend(grey, filtered, np.uint8(255 * strength))


def stretch_contrast(grey: np.ndarray, tonal_range: np.ndarray, strength: float) -> np.ndarray:
    """Stretch a frame (H, W) uint8 from its tonal range to `TARGET_RANGE`; `strength` 0..1 is the share applied."""
    low, high = tonal_range
    if high - low < MIN_RANGE:
        return grey
    tones = np.arange(256)
    stretched = TARGET_RANGE[0] + (tones - low) * (TARGET_RANGE[1] - TARGET_RANGE[0]) / (high - low)
    return cv2.LUT(grey, np.clip(tones + strength * (stretched - tones) + 0.5, 0, 255).astype(np.uint8))
