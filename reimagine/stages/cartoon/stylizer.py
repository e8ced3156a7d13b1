"""What every way of drawing a film has in common: grey stays grey, and what stands still does not boil.

A look is drawn frame by frame, and a little grain is enough to move a line. So each drawing is drawn
towards the one before it, brought along the optical flow of the film itself: firmly where the flow can
be believed and the two nearly agree, not at all where something new is seen. What stands still is taken
over as it is, not sampled again, and so stays as sharp as it was drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.frames import Frame, prefetch
from reimagine.media.motion.flow import optical_flow, warp_backward
from reimagine.media.motion.propagation import belief, is_consecutive
from reimagine.metrics.warp import WARP_COUNTS, MaskedFlow, warp_error

FIRM, NEW, STILL = 0.9, 80.0, 0.35
"""The share taken over from the drawing before, at most; the difference (of 255) that is something new;
and the flow, in pixels, below which a thing stands still."""
KEPT, FINE, AROUND, SHARPEST = 0.92, 1.5, 15, 2.0
"""The share of its steepness that a drawing keeps; what fine detail is (the sigma, in pixels, of the blur
that takes it away), the window in which steepness is compared, and the most that detail is strengthened."""
SIDE = 360
"""Short side at which flow is found, in pixels."""
EVEN = 16.0
"""The steepness (Sobel, of 255) at which a picture begins to be uneven."""
GREY = 6, 16
"""The spread of R, G and B (of 255) up to which a picture has no colour, and from which it has."""

Draw = Callable[[np.ndarray], np.ndarray]
"""(H, W, 3) uint8 RGB -> the same size, drawn, uint8 or float in 0..255."""


@dataclass
class Last:
    """A frame, its luma as the flow sees it, its drawing before it was made sharp again; and, as small as
    the luma, what it was when drawn alone and what became of it."""

    frame: Frame
    luma: np.ndarray
    drawing: np.ndarray
    alone: np.ndarray
    done: np.ndarray


class Stylizer:
    """Frames in, frames out; holds the last one, and draws a few ahead.

    Args:
        strength: how much of the drawing, 0 to 1.
        steady: how firmly a drawing keeps to the one before, 0 to 1.
        colour: a grey picture may take on the colours of its drawing.
    """

    def __init__(self, draw: Draw, strength: float, steady: float, colour: bool = False) -> None:
        for name, value in (("strength", strength), ("steady", steady)):
            if not 0 <= value <= 1:
                raise StageError(f"cartoon: --{name} {value:g} is out of range; give 0 to 1")
        self.draw, self.strength, self.steady, self.colour = draw, strength, steady, colour
        self.counts: dict[str, float] = Counter()

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        last: Last | None = None
        drawn = ((frame, self.drawn(frame.image)) for frame in frames)
        for frame, made in prefetch(drawn, 2) if self.steady else drawn:  # steadying has its own thread
            if self.steady:
                last, made = self.steadied(frame, made, last)
            yield frame.with_image(made.clip(0, 255).round().astype(np.uint8))

    def drawn(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 -> float32, drawn."""
        made = self.draw(image).astype(np.float32)
        share = 1.0 if self.colour else colourful(image)
        if share < 1:
            grey = cv2.cvtColor(made, cv2.COLOR_RGB2GRAY)[..., None]
            made = grey + (made - grey) * np.float32(share)
        return made if self.strength == 1 else image + (made - image) * np.float32(self.strength)

    def steadied(self, frame: Frame, made: np.ndarray, last: Last | None) -> tuple[Last, np.ndarray]:
        """What to remember of a frame, and its finished drawing."""
        luma = frame.resized_grey(_small(frame))
        alone = _shrunk(made, luma)
        if last is None or not is_consecutive(frame, last.frame):
            return Last(frame, luma, made, alone, alone), made
        out, back = optical_flow(luma, last.luma, "medium"), optical_flow(last.luma, luma, "medium")
        sure = belief(out, back, luma, last.luma)
        drawing = self.towards(last.drawing, made, out, sure)
        finished = as_sharp(drawing, made)
        now = Last(frame, luma, drawing, alone, _shrunk(finished, luma))
        self.compare(now, last, MaskedFlow(out, sure > 0.5))
        return now, finished

    def towards(self, before: np.ndarray, made: np.ndarray, out: np.ndarray, sure: np.ndarray) -> np.ndarray:
        """A drawing drawn towards the one before, brought along the flow `out` as far as it is `sure`."""
        h, w = made.shape[:2]
        way = cv2.resize(out, (w, h)) * np.float32(w / out.shape[1])
        way *= np.clip(np.hypot(way[..., 0], way[..., 1]) / STILL - 1, 0, 1)[..., None]
        brought = warp_backward(before, way, cv2.INTER_CUBIC)
        apart = cv2.blur(np.abs(brought - made).mean(2), (3, 3)) / NEW
        share = (FIRM * self.steady) * np.sqrt(cv2.resize(sure, (w, h))) * np.exp(-apart * apart)
        return made + (brought - made) * share[..., None]

    def compare(self, now: Last, last: Last, by: MaskedFlow) -> None:
        """Count the warping error of the drawings alone, and of the finished ones."""
        errors = warp_error(now.alone, last.alone, by), warp_error(now.done, last.done, by)
        for name, value in zip(WARP_COUNTS, (1, *errors), strict=True):
            self.counts[name] += value


def _shrunk(image: np.ndarray, luma: np.ndarray) -> np.ndarray:
    return cv2.resize(image, luma.shape[::-1], interpolation=cv2.INTER_AREA)


def as_sharp(soft: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """A picture whose lines are, place by place, as steep as those of a drawing: (H, W, 3) float32 each.
    Where two drawings of a line were a pixel apart, their mean is a softer line."""
    fine = soft - cv2.GaussianBlur(soft, (0, 0), FINE)
    lacking = np.maximum(KEPT * _steepness(drawing) - _steepness(soft), 0)
    gain = np.sqrt(1 + lacking / (_steepness(fine) + 1)).clip(1, SHARPEST)
    return soft + fine * (gain - 1)[..., None]


def _steepness(image: np.ndarray) -> np.ndarray:
    """The mean squared gradient of the luma about every place."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    across, down = (cv2.filter2D(grey, -1, np.float32(k)) for k in ([[-1, 1, 0]], [[-1], [1], [0]]))
    return cv2.blur(across * across + down * down, (AROUND, AROUND))


def colourful(image: np.ndarray) -> float:
    """0 for a grey picture, 1 for one in colour; in between for what is fading."""
    few = image[::8, ::8].astype(np.int16)
    spread = float(np.percentile(few.max(2) - few.min(2), 99))
    return float(np.clip((spread - GREY[0]) / (GREY[1] - GREY[0]), 0, 1))


def _small(frame: Frame) -> tuple[int, int]:
    scale = min(1.0, SIDE / min(frame.width, frame.height))
    return max(8, round(frame.width * scale)), max(8, round(frame.height * scale))


def calmed(drawing: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """A drawing (H, W, 3) float32 without strokes and dots where the picture, (H, W) uint8, is even: a
    network fills an empty sky with them, and they swim."""
    tone = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    steep = np.abs(cv2.Sobel(tone, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(tone, cv2.CV_32F, 0, 1))
    near = cv2.blur(cv2.dilate(steep, np.ones((7, 7), np.uint8)), (7, 7))
    share = np.exp(-near / EVEN)[..., None]
    return drawing + (cv2.GaussianBlur(drawing, (0, 0), 2.0) - drawing) * share


def lines(grey: np.ndarray) -> np.ndarray:
    """XDoG (Winnemoeller et al. 2012): (H, W) uint8 -> float32, 1 on paper, 0 in the line."""
    tone = grey.astype(np.float32) / 255
    sigma = max(0.7, min(grey.shape) / 480)
    fine, wide = (cv2.GaussianBlur(tone, (0, 0), sigma * k) for k in (1.0, 1.6))
    sharp = (1 + 18) * fine - 18 * wide
    return np.clip(1 + np.tanh(10 * (sharp - 0.35)), 0, 1)


def inked(drawing: np.ndarray, grey: np.ndarray, line: float) -> np.ndarray:
    """A drawing (H, W, 3) with the lines of `grey` (H, W) over it, as dark as `line`, 0 to 1."""
    return drawing * (1 - line * (1 - lines(grey)))[..., None]
