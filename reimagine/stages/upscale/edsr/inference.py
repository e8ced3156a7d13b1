"""Inference of `upscale --model edsr` on the frames of a film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from reimagine import zoo
from reimagine.media.images.matrices import LIMITED_BLACK, LIMITED_SPAN
from reimagine.media.video.frames import Frame
from reimagine.zoo.device import half_precision, to_channels_last

from ..planes import resized, resized_chroma
from .net import EDSR, FACTOR, STRIDE

if TYPE_CHECKING:
    from reimagine.stages.contract import Counts

    from .stage import UpscaleEDSR

STRIP_PIXELS = 1 << 20
"""Pixels of a strip of a large picture, at most: its features take about 100 MB."""
OVERLAP = 40
"""Lines by which a strip is extended into its neighbours: the radius of the receptive field, a multiple of `STRIDE`."""


class Upscaler:
    """The processor of `UpscaleEDSR`. It holds options and weights only."""

    def __init__(self, options: UpscaleEDSR, device: str) -> None:
        self.options, self.device = options, device
        self.net = to_channels_last(zoo.load(options.weights, EDSR, device), device)

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
        """Yield the enlarged frames of one part."""
        for frame in frames:
            size = self.options.output_size(frame.width, frame.height)
            luma, factor = _full_range(frame), 1
            while factor < self.options.network_factor(frame.height):
                luma, factor = self.enlarge(luma), factor * FACTOR
            yield frame.with_samples([_samples(resized(luma, size), frame), *resized_chroma(frame, size)])

    def enlarge(self, luma: np.ndarray) -> np.ndarray:
        """Enlarge luma (H, W) float32, 0..1, to twice the size, in overlapping strips if it is large."""
        height, width = luma.shape
        rows = max(STRIDE, STRIP_PIXELS // width // STRIDE * STRIDE)
        if height <= rows + OVERLAP:
            return self.enlarge_strip(luma)
        result = np.empty((FACTOR * height, FACTOR * width), np.float32)
        for start in range(0, height, rows):
            top, stop = max(0, start - OVERLAP), min(height, start + rows)
            strip = self.enlarge_strip(luma[top : min(height, stop + OVERLAP)])
            result[FACTOR * start : FACTOR * stop] = strip[FACTOR * (start - top) : FACTOR * (stop - top)]
        return result

    @torch.inference_mode()
    def enlarge_strip(self, luma: np.ndarray) -> np.ndarray:
        """Enlarge luma (H, W) float32 as a whole; see `enlarge`."""
        h, w = luma.shape
        padded = np.pad(luma, ((0, -h % STRIDE), (0, -w % STRIDE)), "edge")
        x = torch.from_numpy(padded)[None, None].to(self.device)
        with half_precision(x.device.type):
            difference = self.net(x.contiguous(memory_format=torch.channels_last))
        bicubic = F.interpolate(x, scale_factor=FACTOR, mode="bicubic")
        enlarged = bicubic + self.options.strength * difference.float()
        return enlarged[0, 0, : FACTOR * h, : FACTOR * w].cpu().numpy()


def _full_range(frame: Frame) -> np.ndarray:
    """The luma of a frame at its full depth: (H, W) float32, black is 0 and white is 1, and beyond both if it is so."""
    black, span = _range(frame)
    return (frame.planes[0].astype(np.float32) - black) / span


def _samples(luma: np.ndarray, frame: Frame) -> np.ndarray:
    """Luma, black is 0 and white is 1, as samples of a frame's depth and range: (H, W) uint8 or uint16."""
    black, span = _range(frame)
    return np.clip(luma * span + (black + np.float32(0.5)), 0, (1 << frame.depth) - 1).astype(frame.planes[0].dtype)


def _range(frame: Frame) -> tuple[np.float32, np.float32]:
    """Sample of black, and the difference of white and black, at the depth of a frame."""
    if frame.full:
        return np.float32(0), np.float32((1 << frame.depth) - 1)
    scale = 1 << (frame.depth - 8)
    return np.float32(LIMITED_BLACK * scale), np.float32(LIMITED_SPAN * scale)
