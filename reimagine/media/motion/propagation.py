"""Propagation of per-pixel values, such as colours, from keyframes to the frames around them along optical flow.

Values are computed for keyframes only: every sixteenth frame of a shot, its last one, and any frame that differs much
from the frames before it. They are warped forwards and backwards through the other frames of the shot. Where values
from several keyframes meet they are averaged, weighted by temporal distance and flow confidence, so that the result
neither drifts nor jumps, and occluded pixels receive nothing from what occludes them. Values are also computed for a
frame that shows a large region which no keyframe shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from reimagine.media.iteration import prefetch
from reimagine.media.motion.confidence import FlowWithConfidence, bidirectional_flow
from reimagine.media.motion.warp import resize_flow, warp_backward
from reimagine.media.video.frames import Frame, frame_windows, is_consecutive

KEYFRAME_INTERVAL = 16
"""Frames between two keyframes, at most."""
LOOK_AHEAD = KEYFRAME_INTERVAL
"""Frames before and after its own to which a value is propagated; a part of a shot needs this many frames of context
on both sides."""
SHORT_SIDE = 112
"""Short side, in pixels, at which flow and values are computed: there is no grain at this size, and colour is soft."""
MIN_DIVISOR = 2
"""Smallest divisor of the frame's size: 4:2:0 chroma has half the resolution of luma."""
KEYFRAME_VALIDITY = 0.6
"""A frame becomes a keyframe if the last keyframe's values are valid in a smaller share of it."""
MIN_WEIGHT = 0.01
"""Weight below which the value of a pixel counts as unknown."""
MAX_UNKNOWN_SHARE = 0.06
"""Share of unknown pixels above which values are computed for the frame itself."""
FULL_WEIGHT = 0.25
"""Weight from which a pixel's own value is used alone, without those of similar pixels around it."""
CELL = 12
"""Side, in pixels, of a cell of the bilateral grid."""
LUMA_BINS = 16
"""Bins of luma of the bilateral grid; each is 16 grey levels wide."""
LUMA_OFFSET = 32
"""Grey levels added to `local_luma`, which keeps it away from 0: black has no colour."""

ComputeValues = Callable[[Frame, np.ndarray, Sequence[Frame]], np.ndarray]
"""Computes the values of a keyframe: (frame, luma, window) -> (h, w, C) float32, or (k h, k w, C) with an integer k.
`luma` is `propagation_luma` of the frame, (h, w) uint8; `window` are the frames around it (see `frame_windows`)."""


def propagation_size(frame: Frame) -> tuple[int, int]:
    """Size (w, h) at which flow and values of a frame are computed: the frame's divided by an integer.

    The divisor brings the short side down to `SHORT_SIDE` pixels or little more, and is at least `MIN_DIVISOR`.
    """
    divisor = max(MIN_DIVISOR, min(frame.width, frame.height) // SHORT_SIDE)
    return max(8, frame.width // divisor), max(8, frame.height // divisor)


def propagation_luma(frame: Frame) -> np.ndarray:
    """Luma of a frame, of the source if it has one, at `propagation_size`: (h, w) uint8, 0..255."""
    return (frame.source or frame).resized_grey(propagation_size(frame))


def local_luma(luma: np.ndarray) -> np.ndarray:
    """Mean luma around every pixel plus `LUMA_OFFSET`, of luma (h, w) uint8: (h, w, 1) float32.

    Chroma divided by it is propagated well through a fade, in which chroma scales with luma.
    """
    return (cv2.blur(luma, (9, 9)).astype(np.float32) + LUMA_OFFSET)[..., None]


@dataclass(frozen=True)
class WeightedValues:
    """Values of a frame with the weight of each.

    Attributes:
        value: (h, w, C) float32.
        weight: (h, w) float32; 1 is the weight of one keyframe.
    """

    value: np.ndarray
    weight: np.ndarray

    def warped(self, flow: np.ndarray, confidence: np.ndarray, decay: float) -> WeightedValues:
        """The values aligned with another frame, their weights multiplied by `confidence` and `decay`.

        Values are weighted before they are interpolated, so that a value with weight 0 does not affect its
        neighbours. The flow, from the other frame to this one, may be smaller than the values.
        """
        h, w = self.weight.shape
        if flow.shape[:2] != (h, w):
            flow = resize_flow(flow, (w, h), uniform=True)
            confidence = cv2.resize(confidence, (w, h))
        weight = warp_backward(self.weight, flow)
        value = warp_backward(self.value * self.weight[..., None], flow).reshape(h, w, -1)
        return WeightedValues(value / (weight + 1e-6)[..., None], weight * confidence * np.float32(decay))

    def combined(self, other: WeightedValues) -> WeightedValues:
        """Weighted mean of both, with the sum of their weights."""
        weight = self.weight + other.weight
        both = self.value * self.weight[..., None] + other.value * other.weight[..., None]
        return WeightedValues(both / (weight + 1e-6)[..., None], weight)


@dataclass(frozen=True)
class AnalyzedFrame:
    """Frame analysis: a frame with its luma and its flow to and from the frame before it.

    Attributes:
        window: the frames around it, for `ComputeValues`.
        luma: (h, w) uint8, see `propagation_luma`.
        to_previous: flow from this frame to the one before it; None at the start of a shot.
        from_previous: flow from the frame before it to this one.
    """

    frame: Frame
    window: Sequence[Frame]
    luma: np.ndarray
    to_previous: FlowWithConfidence | None = None
    from_previous: FlowWithConfidence | None = None


@dataclass
class BufferedFrame:
    """A frame that waits for the values of later keyframes.

    Attributes:
        analyzed: the frame.
        own: the values computed for it, if it is a keyframe.
        before: the values propagated to it from the frames before it.
        to_next: flow from this frame to the next one.
    """

    analyzed: AnalyzedFrame
    own: WeightedValues | None
    before: WeightedValues | None
    to_next: FlowWithConfidence | None = None

    def values(self, after: WeightedValues | None = None) -> WeightedValues:
        """All values of the frame combined, those propagated from later frames (`after`) included."""
        return reduce(WeightedValues.combined, [v for v in (self.before, self.own, after) if v])


class KeyframePropagator:
    """Computes values for keyframes and propagates them to all frames of their shot.

    Called with frames, it yields (frame, luma, values) for each of them, in order, and holds back at most `LOOK_AHEAD`
    + `KEYFRAME_INTERVAL` frames. `luma` is `propagation_luma` of the frame, `values` has the shape that
    `compute_values` returns.

    Args:
        compute_values: computes the values of one frame.
        every_frame: compute values for every frame, not only for keyframes.
        half_life: frames after which the weight of a value has halved.
        window: number of consecutive frames passed to `compute_values`, odd.
    """

    def __init__(
        self,
        compute_values: ComputeValues,
        every_frame: bool = False,
        half_life: float = KEYFRAME_INTERVAL,
        window: int = 1,
    ) -> None:
        self.compute_values, self.every_frame, self.window = compute_values, every_frame, window
        self.decay = 0.5 ** (1 / half_life)

    def __call__(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, np.ndarray, np.ndarray]]:
        buffer: list[BufferedFrame] = []
        validity = 1.0
        for analyzed in prefetch(analyze_frames(frames, self.window), 4):  # flow is computed on its own thread
            frame = analyzed.frame
            if analyzed.to_previous is None:
                yield from self._finish(buffer, len(buffer))
                buffer = []
            scheduled = (frame.index - (frame.shot.start if frame.shot else 0)) % KEYFRAME_INTERVAL == 0
            last = frame.shot is not None and frame.index == frame.shot.stop - 1
            if scheduled and len(buffer) >= LOOK_AHEAD + KEYFRAME_INTERVAL:
                yield from self._finish(buffer, len(buffer) - LOOK_AHEAD)
                buffer = buffer[-LOOK_AHEAD:]
            validity = self._append(buffer, analyzed, scheduled or last, validity)
        yield from self._finish(buffer, len(buffer))

    def _append(self, buffer: list[BufferedFrame], analyzed: AnalyzedFrame, keyframe: bool, validity: float) -> float:
        """Append a frame, with the values propagated from the frame before it.

        Returns:
            The share of the frame, 0..1, in which the values of the last keyframe are valid.
        """
        before = None
        if buffer and analyzed.to_previous:
            buffer[-1].to_next = analyzed.from_previous
            before = buffer[-1].values().warped(*analyzed.to_previous, self.decay)
            validity *= float(np.minimum(2 * analyzed.to_previous.confidence, 1).mean())
        own = None
        if keyframe or self.every_frame or before is None or validity < KEYFRAME_VALIDITY:
            value = self._compute(analyzed)
            own, validity = WeightedValues(value, np.ones(value.shape[:2], np.float32)), 1.0
        buffer.append(BufferedFrame(analyzed, own, before))
        return validity

    def _finish(self, buffer: list[BufferedFrame], count: int) -> Iterator[tuple[Frame, np.ndarray, np.ndarray]]:
        """Propagate values backwards through the buffer; yield its first `count` frames."""
        after: WeightedValues | None = None
        finished: list[np.ndarray] = []
        for place in reversed(range(len(buffer))):
            item = buffer[place]
            if after and item.to_next:
                after = after.warped(*item.to_next, self.decay)
            if place < count:
                values = item.values(after)
                if (values.weight < MIN_WEIGHT).mean() > MAX_UNKNOWN_SHARE:
                    item.own = self._computed_where_unknown(item, values)
                    values = values.combined(item.own)
                finished.append(fill_low_confidence(values, item.analyzed.luma))
            if item.own:
                after = after.combined(item.own) if after else item.own
        for item, values in zip(buffer[:count], reversed(finished), strict=True):
            yield item.analyzed.frame, item.analyzed.luma, values

    def _computed_where_unknown(self, item: BufferedFrame, values: WeightedValues) -> WeightedValues:
        """Return values computed for the frame itself, with weights only where those of `values` are low."""
        value = self._compute(item.analyzed)
        return WeightedValues(value, np.maximum(1 - values.weight / (2 * MIN_WEIGHT), 0))

    def _compute(self, analyzed: AnalyzedFrame) -> np.ndarray:
        return self.compute_values(analyzed.frame, analyzed.luma, analyzed.window)


def analyze_frames(frames: Iterable[Frame], window: int = 1) -> Iterator[AnalyzedFrame]:
    """Frames with their luma and their flow to and from the frame before them, if that belongs to the same shot."""
    last: AnalyzedFrame | None = None
    for neighbours in frame_windows(frames, window):
        frame = neighbours[window // 2]
        luma = propagation_luma(frame)
        if last and is_consecutive(frame, last.frame):
            last = AnalyzedFrame(frame, neighbours, luma, *bidirectional_flow(luma, last.luma))
        else:
            last = AnalyzedFrame(frame, neighbours, luma)
        yield last


def fill_low_confidence(known: WeightedValues, luma: np.ndarray) -> np.ndarray:
    """Values in which pixels with a low weight take those of nearby pixels of similar luma.

    The means are taken in the cells of a bilateral grid (Chen, Paris & Durand 2007).

    Args:
        known: values (h, w, C) with their weights.
        luma: (h, w) uint8; another size is resized.

    Returns:
        (h, w, C) float32.
    """
    value, weight = known.value, np.minimum(known.weight, 1)
    if weight.min() > FULL_WEIGHT:
        return value
    h, w, channels = value.shape
    luma = luma if luma.shape == (h, w) else cv2.resize(luma, (w, h))
    y, x = np.mgrid[0:h, 0:w] // CELL
    rows, columns = y[-1, -1] + 1, x[-1, -1] + 1
    cells = ((y * columns + x) * LUMA_BINS + luma // (256 // LUMA_BINS)).ravel()
    pairs = np.dstack([value * weight[..., None], weight]).reshape(h * w, -1)
    sums = [np.bincount(cells, p, rows * columns * LUMA_BINS) for p in pairs.T]
    grid = np.stack(sums, 1).astype(np.float32).reshape(rows, columns, -1)
    grid = cv2.blur(grid, (3, 3)) + 1e-2 * cv2.blur(grid, (9, 9)) + 1e-6 * grid.mean((0, 1))
    grid = grid.reshape(-1, LUMA_BINS, channels + 1)
    grid = grid + 0.3 * (np.roll(grid, 1, 1) + np.roll(grid, -1, 1)) + 1e-3 * grid.mean(1, keepdims=True)
    similar = grid[..., :channels] / (grid[..., channels:] + 1e-12)
    similar = similar.reshape(-1, channels)[cells].reshape(value.shape)
    share = np.minimum(weight / FULL_WEIGHT, 1)[..., None]
    return value * share + cv2.blur(similar, (5, 5)).reshape(value.shape) * (1 - share)
