"""Inference of `restore --model unet-gan` on the frames of a film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.media.images.colour import to_uint8
from reimagine.media.video.frames import Frame
from reimagine.zoo.device import half_precision, to_channels_last

from ..hole_filling import blank_regions, fill_blank_regions
from ..large_losses import repair_large_losses
from ..statistics import RestorationStatistics
from ..temporal_inpainting import inpaint_from_neighbours, sliding_windows
from ..tone_restoration import density_range, is_faded, measure_range, restore_tones, tonal_range
from .net import STRIDE, Detector, RestoreNet

if TYPE_CHECKING:
    from reimagine.stages.contract import Counts

    from .stage import RestoreUNetGAN

RADIUS = 2
"""Frames before and after a frame from which lost pixels are filled."""
NEGATIVE_LOGIT = 3.5
"""Mean logit above which a film is a negative. It is high because inverting a good print is worse than leaving a
negative, which the user can correct with `--kind negative`."""
MAX_LOGIT = 8.0
"""Logits are clamped to this absolute value, so that no single frame determines the mean."""
MAX_FILM_BASE = 0.97
"""Lightest tone of a negative, of 0..1: its film base is never clear. A lighter film is a print."""
LOST_THRESHOLD = 0.5
"""Probability above which a pixel is lost."""
MIN_LOST_SHARE = 1e-5
"""Share of a frame's pixels below which nothing is filled."""
STRIP_HEIGHT = 544
"""Lines per strip of a tall picture."""
STRIP_OVERLAP = 96
"""Lines by which a strip is extended into its neighbours."""


class RestoredFrame(NamedTuple):
    """A frame restored by the network alone.

    Attributes:
        frame: the frame before restoration.
        restored: (H, W) float32 in 0..1.
        lost: (H, W) float32 in 0..1, probability that the pixel is lost.
        kind: "print", "faded" or "negative".
    """

    frame: Frame
    restored: np.ndarray
    lost: np.ndarray
    kind: str


class Restorer:
    """The processor of `RestoreUNetGAN`. It holds options and weights only; each call owns the state of its part."""

    def __init__(self, options: RestoreUNetGAN, device: str) -> None:
        self.options, self.device = options, device
        net: RestoreNet = zoo.load(options.weights, RestoreNet, device)
        self.net = to_channels_last(net, device)

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
        """Yield the restored frames of one part, and add the measured damage to `counts`."""
        statistics = RestorationStatistics(counts)
        radius = 0 if self.options.single_frame else RADIUS
        if not self.options.single_frame:
            frames = repair_large_losses(frames, counts)
        for window, index in sliding_windows(self.restore_frames(frames), radius):
            frame, restored, lost, kind = window[index]
            is_lost = lost > LOST_THRESHOLD
            filled_share = 0.0
            if is_lost.mean() > MIN_LOST_SHARE:
                others = (n for n in range(len(window)) if n != index)
                nearest_first = sorted(others, key=lambda n: abs(n - index))
                neighbours = [(window[n].restored, window[n].lost) for n in nearest_first]
                restored, filled = inpaint_from_neighbours(restored, lost, neighbours)
                filled_share = float((filled * is_lost).mean())
            statistics.add(frame, is_lost, filled_share, kind)
            yield frame.with_grey(to_uint8(restored), kind != "negative")

    def restore_frames(self, frames: Iterable[Frame]) -> Iterator[RestoredFrame]:
        """Restore each frame on its own. The kind is decided at the first frame of each shot, unless it is set."""
        options = self.options
        shot, kind, tones = None, options.kind, (options.black_point, options.white_point)
        first = True
        for frame in frames:
            grey = frame.grey / np.float32(255)
            if first or frame.shot != shot:
                first, shot = False, frame.shot
                if options.kind == "auto":
                    kind = self.classify([frame])
                    if kind == "faded" and shot:
                        kind = "print"  # a single frame of low contrast is not enough to classify a film
                if not options.white_point:
                    tones = measure_range(kind, [grey])
            degraded = restore_tones(grey, kind, *tones)
            restored, lost = self.predict(degraded)
            is_lost = lost > LOST_THRESHOLD
            if is_lost.mean() > MIN_LOST_SHARE:
                blank = blank_regions(is_lost, degraded)
                restored, lost = fill_blank_regions(restored, blank), np.maximum(lost, blank)
            blended = np.clip(degraded + options.strength * (restored - degraded), 0, 1)
            yield RestoredFrame(frame, blended, lost, kind)

    # -- the network -----------------------------------------------------------------------

    def classify(self, frames: list[Frame]) -> str:
        """Classify a film by some of its frames: "print", "faded" or "negative"."""
        images = [frame.grey / np.float32(255) for frame in frames]
        if self.negative_logit(frames) > NEGATIVE_LOGIT and density_range(images)[1] < MAX_FILM_BASE:
            return "negative"
        return "faded" if is_faded(*tonal_range(images)) else "print"

    def negative_logit(self, frames: list[Frame]) -> float:
        """Mean logit of "is a negative" over the frames and their mirror images (flip TTA)."""
        size = (Detector.SIDE, Detector.SIDE)
        images = np.stack([cv2.resize(f.grey, size, interpolation=cv2.INTER_AREA) for f in frames])[:, None]
        with torch.inference_mode():
            batch = torch.from_numpy(images).to(self.device) / 255
            logits = self.net.detector(torch.cat([batch, batch.flip(3)]))
        return float(logits.clamp(-MAX_LOGIT, MAX_LOGIT).mean())

    def predict(self, degraded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on one picture, in overlapping strips if it is tall.

        Args:
            degraded: (H, W) float32 in 0..1.

        Returns:
            The restored picture, and the probability that a pixel is lost; both (H, W) float32 in 0..1.
        """
        height = degraded.shape[0]
        if height <= STRIP_HEIGHT + STRIP_OVERLAP:
            return self.predict_strip(degraded)
        outputs = np.empty_like(degraded), np.empty_like(degraded)
        for start in range(0, height, STRIP_HEIGHT):
            top, stop = max(0, start - STRIP_OVERLAP), min(height, start + STRIP_HEIGHT)
            strips = self.predict_strip(degraded[top : min(height, stop + STRIP_OVERLAP)])
            for output, strip in zip(outputs, strips, strict=True):
                output[start:stop] = strip[start - top : stop - top]
        return outputs

    @torch.inference_mode()
    def predict_strip(self, degraded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on one picture as a whole; see `predict`."""
        h, w = degraded.shape
        padded = np.pad(degraded, ((0, -h % STRIDE), (0, -w % STRIDE)), "symmetric")
        x = torch.from_numpy(padded)[None, None].to(self.device, memory_format=torch.channels_last)
        with half_precision(x.device.type):
            residual, lost_logits = self.net.residual(x)
        outputs = torch.cat([x + residual.float(), lost_logits.float().sigmoid()], 1)[0, :, :h, :w].clamp(0, 1)
        restored, lost = outputs.cpu().numpy()
        return restored, lost
