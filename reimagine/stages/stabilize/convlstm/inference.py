"""Inference: the frames of a film, one after another, through the consistency network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from reimagine.media import Frame
from reimagine.media.images.colour import rgb_to_planes
from reimagine.media.motion import optical_flow, warp_backward, working_size
from reimagine.media.video.frames import is_consecutive
from reimagine.stages.contract import Counts
from reimagine.stages.stabilize.convlstm.net import ConsistencyNet, State
from reimagine.stages.stabilize.residual import affects_chroma_only, apply_residual
from reimagine.zoo.device import half_precision

LEAK = 0.1
"""Share of the blurred residual that is removed at every frame. The network's input is its own previous output, so
without a leak a small colour error would grow over a shot."""
LEAK_WINDOW = 9
"""Side in pixels of the blur of the leak: fine detail of the residual is not removed."""
SIZE_MULTIPLE = 4
"""The network needs heights and widths that are multiples of this."""
MIN_SIDE = 16
"""Smallest height and width, in pixels, at which the network works."""


@dataclass(frozen=True)
class PreviousFrame:
    """State of a call: the previous frame at the network's size.

    Attributes:
        frame: the frame.
        output: (h, w, 3) float32 RGB in 0..1, stabilized.
        source: (h, w, 3) float32 RGB in 0..1, of the frame's source.
        grey: (h, w) uint8, luma of `source`.
        lstm: state of the network; None after the first frame of a shot.
    """

    frame: Frame
    output: np.ndarray
    source: np.ndarray
    grey: np.ndarray
    lstm: State | None


class ConsistencyStabilizer:
    """Frame processor: adds the network's residual to every frame but the first of a shot.

    Args:
        net: the network, on `device`, in evaluation mode.
        device: "cpu", "cuda" or "mps".
        side: short side in pixels at which the network works.
        planes: "chroma", "all" or "auto", see `affects_chroma_only`.
    """

    def __init__(self, net: ConsistencyNet, device: str, side: int, planes: str) -> None:
        self.net, self.device, self.side, self.planes = net, torch.device(device), side, planes

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None, /) -> Iterator[Frame]:
        """Yield the stabilized frames."""
        previous: PreviousFrame | None = None
        for frame in frames:
            processed, source = self.reduced(frame), self.reduced(frame.source or frame)
            grey = cv2.cvtColor((source * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
            if previous is None or not is_consecutive(frame, previous.frame):
                output, lstm = processed, None
            else:
                residual, lstm = self.predict(processed, source, grey, previous)
                residual -= LEAK * cv2.blur(residual, (LEAK_WINDOW, LEAK_WINDOW))
                output = np.clip(processed + residual, 0, 1)
            previous = PreviousFrame(frame, output, source, grey, lstm)
            change = rgb_to_planes(output - processed, frame.matrix, frame.full)
            yield apply_residual(frame, change[..., 1:] if affects_chroma_only(frame, self.planes) else change)

    def reduced(self, frame: Frame) -> np.ndarray:
        """Return a frame at the network's size: (h, w, 3) float32 RGB in 0..1."""
        size = working_size(frame.width, frame.height, self.side, SIZE_MULTIPLE, MIN_SIDE)
        return cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def predict(
        self, processed: np.ndarray, source: np.ndarray, grey: np.ndarray, previous: PreviousFrame
    ) -> tuple[np.ndarray, State]:
        """Return the residual (h, w, 3) float32 in -1..1 of a frame, and the network's new state.

        Args:
            processed: (h, w, 3) float32 RGB in 0..1, the frame.
            source: (h, w, 3) float32 RGB in 0..1, its source.
            grey: (h, w) uint8, luma of `source`.
            previous: the state of the call.
        """
        output, previous_source = previous.output, previous.source
        if self.net.aligned:
            flow = optical_flow(grey, previous.grey)
            output, previous_source = warp_backward(output, flow), warp_backward(previous_source, flow)
        return self.forward((processed, output, source, previous_source), previous.lstm)

    @torch.inference_mode()
    def forward(self, images: tuple[np.ndarray, ...], previous: State | None) -> tuple[np.ndarray, State]:
        """Run the network on `ConsistencyNet.forward`'s four images, (h, w, 3) float32 each."""
        processed, output, source, previous_source = (self.to_tensor(image) for image in images)
        with half_precision(self.device.type):
            residual, state = self.net(processed, output, source, previous_source, previous)
        return residual[0].permute(1, 2, 0).float().cpu().numpy(), state

    def to_tensor(self, image: np.ndarray) -> torch.Tensor:
        """Return an image (h, w, 3) as a tensor (1, 3, h, w)."""
        return torch.from_numpy(image).permute(2, 0, 1)[None].to(self.device)
