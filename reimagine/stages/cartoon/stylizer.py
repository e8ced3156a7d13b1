"""Stylization of films: frame by frame, with temporal blending against flicker.

Each frame is drawn alone, so a little grain is enough to move a line. The drawing is therefore blended with the
previous one, warped along the optical flow of the film. The weight of the previous drawing is high where the flow is
reliable and the two drawings nearly agree, and 0 where something new appears. Where nothing moves, the previous drawing
is not resampled, so it does not lose sharpness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from reimagine.media.iteration import prefetch
from reimagine.media.motion import flow_confidence, optical_flow, resize_flow, warp_backward, working_size
from reimagine.media.video.frames import Frame, is_consecutive
from reimagine.metrics.warp import MaskedFlow, warp_error
from reimagine.stages.cartoon.filters import colour_share, restore_sharpness
from reimagine.stages.cartoon.options import ERROR_AFTER, ERROR_BEFORE, PAIRS
from reimagine.stages.contract import Counts

MAX_PREVIOUS_WEIGHT = 0.9
"""Largest weight of the previous drawing; at 1 the film would freeze."""
NEW_CONTENT = 80.0
"""Difference of two drawings (mean of R, G and B, of 255) at which the weight has fallen to 1/e."""
STILL_FLOW = 0.35
"""Flow in pixels up to which a pixel does not move: the noise of the flow."""
FLOW_SHORT_SIDE = 360
"""Short side in pixels at which optical flow is computed; finer flow follows grain."""
CONFIDENT = 0.5
"""Flow confidence above which a pixel counts in the warping error."""
BUFFERED_DRAWINGS = 2
"""Drawings computed ahead on a thread of their own, while the previous ones are blended."""

StylizeImage = Callable[[np.ndarray], np.ndarray]
"""RGB (H, W, 3) uint8 -> its drawing, the same size, uint8 or float in 0..255."""


@dataclass(frozen=True)
class StylizedFrame:
    """State of temporal blending: the previous frame of a shot.

    Attributes:
        frame: the film's frame.
        luma: (h, w) uint8, at the size of the flow.
        blended: (H, W, 3) float32, the drawing after temporal blending, before its sharpness is restored.
        small_drawing: (h, w, 3) float32, the drawing before temporal blending.
        small_output: (h, w, 3) float32, the output.
    """

    frame: Frame
    luma: np.ndarray
    blended: np.ndarray
    small_drawing: np.ndarray
    small_output: np.ndarray


class Stylizer:
    """Frame processor: stylizes frames and blends them temporally. A call holds the previous frame.

    Args:
        stylize_image: draws one image.
        strength: opacity of the drawing over the film, 0 to 1.
        temporal_strength: factor of the previous drawing's weight, 0 to 1.
        colour: allow colour in the drawing of a grey image.
    """

    def __init__(
        self, stylize_image: StylizeImage, strength: float, temporal_strength: float, colour: bool = False
    ) -> None:
        self.stylize_image, self.colour = stylize_image, colour
        self.strength, self.temporal_strength = strength, temporal_strength

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None, /) -> Iterator[Frame]:
        """Yield stylized frames. The warping errors before and after temporal blending are added to `counts`."""
        drawings = ((frame, self.stylize(frame.image)) for frame in frames)
        if not self.temporal_strength:
            for frame, drawing in drawings:
                yield frame.with_image(_as_uint8(drawing))
            return
        previous: StylizedFrame | None = None
        for frame, drawing in prefetch(drawings, BUFFERED_DRAWINGS):
            previous, output = self.blend_temporally(frame, drawing, previous, counts)
            yield frame.with_image(_as_uint8(output))

    def stylize(self, image: np.ndarray) -> np.ndarray:
        """Draw one image alone: (H, W, 3) uint8 -> float32 in 0..255."""
        drawing = self.stylize_image(image).astype(np.float32)
        share = 1.0 if self.colour else colour_share(image)
        if share < 1:
            grey = cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)[..., None]
            drawing = grey + (drawing - grey) * np.float32(share)
        return drawing if self.strength == 1 else image + (drawing - image) * np.float32(self.strength)

    def blend_temporally(
        self, frame: Frame, drawing: np.ndarray, previous: StylizedFrame | None, counts: Counts | None
    ) -> tuple[StylizedFrame, np.ndarray]:
        """Return the state for the next frame, and the output (H, W, 3) float32.

        The first frame of a shot is not blended.
        """
        luma = frame.resized_grey(working_size(frame.width, frame.height, FLOW_SHORT_SIDE))
        small_drawing = _reduced(drawing, luma)
        if previous is None or not is_consecutive(frame, previous.frame):
            return StylizedFrame(frame, luma, drawing, small_drawing, small_drawing), drawing
        flow = optical_flow(luma, previous.luma, "medium")
        backward = optical_flow(previous.luma, luma, "medium")
        confidence = flow_confidence(flow, backward, luma, previous.luma)
        blended = self.blend_with_previous(previous.blended, drawing, flow, confidence)
        output = restore_sharpness(blended, drawing)
        current = StylizedFrame(frame, luma, blended, small_drawing, _reduced(output, luma))
        if counts is not None:
            _count_warp_errors(counts, current, previous, MaskedFlow(flow, confidence > CONFIDENT))
        return current, output

    def blend_with_previous(
        self, previous: np.ndarray, drawing: np.ndarray, flow: np.ndarray, confidence: np.ndarray
    ) -> np.ndarray:
        """Blend a drawing with the previous one, warped along the flow.

        Args:
            previous, drawing: (H, W, 3) float32.
            flow: (h, w, 2) float32, from the drawing's frame to the previous one, in pixels of (h, w).
            confidence: (h, w) float32, of the flow, in 0..1.

        Returns:
            (H, W, 3) float32.
        """
        h, w = drawing.shape[:2]
        full_flow = resize_flow(flow, (w, h), uniform=True)
        full_flow *= np.clip(np.hypot(full_flow[..., 0], full_flow[..., 1]) / STILL_FLOW - 1, 0, 1)[..., None]
        warped = warp_backward(previous, full_flow, cv2.INTER_CUBIC)
        difference = cv2.blur(np.abs(warped - drawing).mean(2), (3, 3)) / NEW_CONTENT
        weight = (MAX_PREVIOUS_WEIGHT * self.temporal_strength) * np.sqrt(cv2.resize(confidence, (w, h)))
        weight = weight * np.exp(-difference * difference)
        return drawing + (warped - drawing) * weight[..., None]


def _count_warp_errors(counts: Counts, current: StylizedFrame, previous: StylizedFrame, flow: MaskedFlow) -> None:
    counts.add(PAIRS)
    counts.add(ERROR_BEFORE, warp_error(current.small_drawing, previous.small_drawing, flow))
    counts.add(ERROR_AFTER, warp_error(current.small_output, previous.small_output, flow))


def _reduced(image: np.ndarray, luma: np.ndarray) -> np.ndarray:
    """Reduce an image to the size of `luma`."""
    return cv2.resize(image, luma.shape[::-1], interpolation=cv2.INTER_AREA)


def _as_uint8(drawing: np.ndarray) -> np.ndarray:
    return drawing.clip(0, 255).round().astype(np.uint8)
