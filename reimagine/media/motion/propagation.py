"""Values that travel with the things they belong to: colours, along optical flow, inside a shot.

Some frames (keyframes: every sixteenth, a shot's last, and wherever much has changed) know their
values. Each is carried both ways through the frames around it, and where several meet, the nearer and
the better believed one weighs more. So a value neither drifts nor jumps, and what is hidden behind
something takes nothing from what hides it. A frame that shows what no keyframe saw is asked as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from reimagine.media.frames import Frame, prefetch
from reimagine.media.motion.flow import forward_backward_error, optical_flow, out_of_bounds, warp_backward

KEYFRAME_INTERVAL = 16
"""Frames between two keyframes at most."""
LOOK_AHEAD = KEYFRAME_INTERVAL
"""Frames after and before its own that a value is still asked from; also what a part cut out of
a shot has to be led in and out with."""
SHORT_SIDE = 112
"""Short side at which flow and values live, in pixels: grain is gone there, and colour is soft."""
DOUBT, TONE, STALE = 0.1, 15.0, 0.6
"""How much a flow's disagreement counts, the change of luma that makes a match doubtful, and the
belief below which a frame becomes a keyframe."""
UNKNOWN, HOLE, SURE, CELL = 0.01, 0.06, 0.25, 12
"""The belief below which nothing is known of a place; the share of such places that calls for asking;
the belief above which a place needs no help from its neighbours, and how far, in pixels, those are."""


def propagation_size(frame: Frame) -> tuple[int, int]:
    """(width, height) at which a frame's values live: a whole fraction, no finer than its chroma."""
    scale = max(2, min(frame.width, frame.height) // SHORT_SIDE)
    return max(8, frame.width // scale), max(8, frame.height // scale)


def propagation_luma(frame: Frame) -> np.ndarray:
    """The luma of the film at a frame's place, at the working size: (h, w) uint8, 0..255."""
    return (frame.source or frame).resized_grey(propagation_size(frame))


def local_luma(luma: np.ndarray) -> np.ndarray:
    """The luma about every place, (h, w, 1) float32; never near 0, where black has no colour.

    What is carried is a share of it: a picture that fades takes its colours along.
    """
    return (cv2.blur(luma, (9, 9)).astype(np.float32) + 32)[..., None]


FrameT = TypeVar("FrameT", bound=Frame)
"""`Frame`, or a subclass that carries more, such as the frame's neighbours."""
ComputeValues = Callable[[FrameT, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class WeightedValues:
    """Values (h, w, C) float32 and how much speaks for each, (h, w) float32; 1 is one frame."""

    value: np.ndarray
    weight: np.ndarray

    def moved(self, way: np.ndarray, share: np.ndarray, fade: float) -> WeightedValues:
        """Brought along a flow; `share` and `fade` of its weight are left. Weights travel with their values:
        what nothing speaks for must not colour its neighbours. Values may be finer than flows."""
        h, w = self.weight.shape
        if way.shape[:2] != (h, w):
            way = cv2.resize(way, (w, h)) * np.float32(w / way.shape[1])
            share = cv2.resize(share, (w, h))
        weight = warp_backward(self.weight, way)
        value = warp_backward(self.value * self.weight[..., None], way).reshape(h, w, -1)
        return WeightedValues(value / (weight + 1e-6)[..., None], weight * share * np.float32(fade))

    def and_(self, other: WeightedValues) -> WeightedValues:
        weight = self.weight + other.weight
        both = self.value * self.weight[..., None] + other.value * other.weight[..., None]
        return WeightedValues(both / (weight + 1e-6)[..., None], weight)


FlowWithConfidence = tuple[np.ndarray, np.ndarray]
"""A flow (h, w, 2), and how far it is believed (h, w)."""


@dataclass(frozen=True)
class AnalyzedFrame(Generic[FrameT]):
    """A frame, its luma, and the ways to the frame before it and from there; none after a cut."""

    frame: FrameT
    luma: np.ndarray
    back: FlowWithConfidence | None = None
    forth: FlowWithConfidence | None = None


@dataclass
class BufferedFrame(Generic[FrameT]):
    """A frame on its way through: its own value if it has one, what came from before, and the
    way to the next frame."""

    sight: AnalyzedFrame[FrameT]
    own: WeightedValues | None
    before: WeightedValues | None
    onward: FlowWithConfidence | None = None

    def known(self) -> WeightedValues:
        return _all([b for b in (self.before, self.own) if b])


class KeyframePropagator(Generic[FrameT]):
    """Frames in; in order, frames with their luma and their values out, `LOOK` + `GAP` behind.

    Args:
        ask: of a frame and its luma ((h, w) uint8, at the working size) the values, (h, w, C)
            float32, or (k h, k w, C).
        every: ask at every frame, not only at keyframes.
        memory: after how many frames a value weighs half.
    """

    def __init__(self, ask: ComputeValues[FrameT], every: bool = False, memory: float = KEYFRAME_INTERVAL) -> None:
        self.ask, self.every, self.fade = ask, every, 0.5 ** (1 / memory)

    def __call__(self, frames: Iterable[FrameT]) -> Iterator[tuple[FrameT, np.ndarray, np.ndarray]]:
        spots: list[BufferedFrame[FrameT]] = []
        held = 1.0
        for sight in prefetch(analyze_frames(frames), 4):  # flow has a thread of its own
            frame = sight.frame
            if sight.back is None:
                yield from self.settled(spots, len(spots))
                spots = []
            due = (frame.index - (frame.shot.start if frame.shot else 0)) % KEYFRAME_INTERVAL == 0
            last = frame.shot is not None and frame.index == frame.shot.stop - 1
            if due and len(spots) >= LOOK_AHEAD + KEYFRAME_INTERVAL:
                yield from self.settled(spots, len(spots) - LOOK_AHEAD)
                spots = spots[-LOOK_AHEAD:]
            held = self.join(spots, sight, due or last, held)
        yield from self.settled(spots, len(spots))

    def join(self, spots: list[BufferedFrame[FrameT]], sight: AnalyzedFrame[FrameT], due: bool, held: float) -> float:
        """Put a frame to those before it; gives back how much of the last keyframe still holds."""
        before = None
        if spots and sight.back:
            spots[-1].onward = sight.forth
            before = spots[-1].known().moved(*sight.back, self.fade)
            held *= float(np.minimum(2 * sight.back[1], 1).mean())
        own = None
        if due or self.every or before is None or held < STALE:
            value = self.ask(sight.frame, sight.luma)
            own, held = WeightedValues(value, np.ones(value.shape[:2], np.float32)), 1.0
        spots.append(BufferedFrame(sight, own, before))
        return held

    def settled(
        self, spots: list[BufferedFrame[FrameT]], count: int
    ) -> Iterator[tuple[FrameT, np.ndarray, np.ndarray]]:
        """The first `count` spots' values, after all that is known from both sides."""
        after: WeightedValues | None = None
        found: list[np.ndarray] = []
        for place in reversed(range(len(spots))):
            spot = spots[place]
            if after and spot.onward:
                after = after.moved(*spot.onward, self.fade)
            if place < count:
                known = _all([b for b in (spot.before, spot.own, after) if b])
                if (known.weight < UNKNOWN).mean() > HOLE:
                    spot.own = self.mended(spot, known)
                    known = known.and_(spot.own)
                found.append(fill_low_confidence(known, spot.sight.luma))
            if spot.own:
                after = after.and_(spot.own) if after else spot.own
        for spot, values in zip(spots[:count], reversed(found), strict=True):
            yield spot.sight.frame, spot.sight.luma, values

    def mended(self, spot: BufferedFrame[FrameT], known: WeightedValues) -> WeightedValues:
        """What the frame itself says, as far as nothing better is known."""
        value = self.ask(spot.sight.frame, spot.sight.luma)
        return WeightedValues(value, np.maximum(1 - known.weight / (2 * UNKNOWN), 0))


def _all(beliefs: list[WeightedValues]) -> WeightedValues:
    first, *rest = beliefs
    for other in rest:
        first = first.and_(other)
    return first


def analyze_frames(frames: Iterable[FrameT]) -> Iterator[AnalyzedFrame[FrameT]]:
    last: AnalyzedFrame[FrameT] | None = None
    for frame in frames:
        luma = propagation_luma(frame)
        if last and is_consecutive(frame, last.frame):
            last = AnalyzedFrame(frame, luma, *bidirectional_flow(luma, last.luma))
        else:
            last = AnalyzedFrame(frame, luma)
        yield last


def is_consecutive(frame: Frame, last: Frame) -> bool:
    return frame.index == last.index + 1 and frame.shot == last.shot


def bidirectional_flow(
    here: np.ndarray, there: np.ndarray, preset: str = "fast"
) -> tuple[FlowWithConfidence, FlowWithConfidence]:
    """From here to there, and from there to here."""
    out, back = optical_flow(here, there, preset), optical_flow(there, here, preset)
    return (out, belief(out, back, here, there)), (back, belief(back, out, there, here))


def belief(out: np.ndarray, back: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How far a flow is to be believed, 0..1: it leads home again, to the same tone, inside."""
    tone = cv2.blur(warp_backward(there, out).astype(np.float32) - here, (5, 5)) / TONE
    share = np.exp(-DOUBT * forward_backward_error(out, back) - tone * tone)
    share[out_of_bounds(out)] = 0
    return share


def fill_low_confidence(known: WeightedValues, luma: np.ndarray) -> np.ndarray:
    """Where next to nothing is known, what is known of places near by that are as light or dark.

    Means are taken in the cells of a bilateral grid (Chen, Paris & Durand 2007).
    """
    value, weight = known.value, np.minimum(known.weight, 1)
    if weight.min() > SURE:
        return value
    h, w, channels = value.shape
    luma = luma if luma.shape == (h, w) else cv2.resize(luma, (w, h))
    y, x = np.mgrid[0:h, 0:w] // CELL
    high, wide = y[-1, -1] + 1, x[-1, -1] + 1
    cells = ((y * wide + x) * 16 + luma // 16).ravel()
    pairs = np.dstack([value * weight[..., None], weight]).reshape(h * w, -1)
    sums = [np.bincount(cells, p, high * wide * 16) for p in pairs.T]
    grid = np.stack(sums, 1).astype(np.float32).reshape(high, wide, -1)
    grid = cv2.blur(grid, (3, 3)) + 1e-2 * cv2.blur(grid, (9, 9)) + 1e-6 * grid.mean((0, 1))
    grid = grid.reshape(-1, 16, channels + 1)
    grid = grid + 0.3 * (np.roll(grid, 1, 1) + np.roll(grid, -1, 1)) + 1e-3 * grid.mean(1, keepdims=True)
    around = grid[..., :channels] / (grid[..., channels:] + 1e-12)
    around = around.reshape(-1, channels)[cells].reshape(value.shape)
    sure = np.minimum(weight / SURE, 1)[..., None]
    return value * sure + cv2.blur(around, (5, 5)).reshape(value.shape) * (1 - sure)
