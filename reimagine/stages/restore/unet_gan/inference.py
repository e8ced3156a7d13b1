"""The network at work on a film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.degradation.tone import to_uint8
from reimagine.media.frames import Frame
from reimagine.zoo.device import bfloat16_is_fast

from ..hole_filling import blanks, patched
from ..statistics import RestorationStatistics
from ..temporal_inpainting import fill, windows
from ..tone_restoration import ends, has_faded, positive, span, tones
from .net import STEP, Detector, RestoreNet

REACH = 2
"""Frames before and after that are asked for what is lost."""
INVERTED, BASE = 3.5, 0.97
"""The detector's word above which a film is a negative: to invert a good print is worse than to leave a
negative, which `--kind negative` mends. A negative's lightest, its base, is never as light as this."""
LOST = 0.5, 1e-5
"""A place is lost above this; less than this share of a frame is not worth asking for."""
STRIP, SEAM = 544, 96
"""Taller pictures are done in strips of so many lines, which overlap by so many."""


class Seen(NamedTuple):
    """A frame; its clean picture and how far it is lost, (H, W) float32 in 0..1; what it is of."""

    frame: Frame
    clean: np.ndarray
    lost: np.ndarray
    kind: str


class Restorer:
    """Frames in, clean ones out. `counts` says what was found.

    Args:
        options: a `RestoreUNetGAN`.
    """

    def __init__(self, options: Any, device: str) -> None:
        self.o, self.device, self.half = options, device, bfloat16_is_fast(device)
        net: RestoreNet = zoo.load(options.weights, RestoreNet, device)
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.findings = RestorationStatistics()
        self.counts = self.findings.counts

    def told(self, frames: list[Frame]) -> str:
        """print, faded or negative, by what some frames show together."""
        greys = [frame.grey / np.float32(255) for frame in frames]
        if self.word(frames) > INVERTED and ends(greys)[1] < BASE:
            return "negative"
        return "faded" if has_faded(*span(greys)) else "print"

    def word(self, frames: list[Frame]) -> float:
        """The detector's, of what they show and of its mirror image: above 0 it rather takes them for
        negatives."""
        side = (Detector.SIDE, Detector.SIDE)
        shown = np.stack([cv2.resize(f.grey, side, interpolation=cv2.INTER_AREA) for f in frames])[:, None]
        with torch.inference_mode():
            here = torch.from_numpy(shown).to(self.device) / 255
            logits = self.net.detector(torch.cat([here, here.flip(3)]))
        return float(logits.clamp(-8, 8).mean())

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for around, place in windows(self.restored(frames), 0 if self.o.alone else REACH):
            frame, clean, lost, kind = around[place]
            hidden = lost > LOST[0]
            taken = 0.0
            if hidden.mean() > LOST[1]:
                near = sorted((n for n in range(len(around)) if n != place), key=lambda n: abs(n - place))
                clean, came = fill(clean, lost, [around[n][1:3] for n in near])
                taken = float((came * hidden).mean())
            self.findings.add(frame, hidden, taken, kind)
            yield frame.with_grey(to_uint8(clean), kind != "negative")

    def restored(self, frames: Iterable[Frame]) -> Iterator[Seen]:
        """Every frame by itself."""
        shot, kind, between = None, self.o.kind, (self.o.dense, self.o.base)
        first = True
        for frame in frames:
            grey = frame.grey / np.float32(255)
            if first or frame.shot != shot:
                first, shot = False, frame.shot
                kind = self.told([frame]) if self.o.kind == "auto" else self.o.kind
                if self.o.kind == "auto" and kind == "faded" and shot:
                    kind = "print"  # one dull frame does not make a faded film
                if not self.o.base:
                    between = tones(kind, [grey])
            worn = positive(grey, kind, between)
            clean, lost = self.ask(worn)
            if (hidden := lost > LOST[0]).mean() > LOST[1]:
                blank = blanks(hidden, worn)
                clean, lost = patched(clean, blank), np.maximum(lost, blank)
            yield Seen(frame, np.clip(worn + self.o.strength * (clean - worn), 0, 1), lost, kind)

    def ask(self, worn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) float32 in 0..1 -> the clean picture and how far it is lost, in strips if it is tall."""
        height = worn.shape[0]
        if height <= STRIP + SEAM:
            return self.strip(worn)
        clean, lost = np.empty_like(worn), np.empty_like(worn)
        for start in range(0, height, STRIP):
            top, stop = max(0, start - SEAM), min(height, start + STRIP)
            made = self.strip(worn[top : min(height, stop + SEAM)])
            for whole, part in zip((clean, lost), made, strict=True):
                whole[start:stop] = part[start - top : stop - top]
        return clean, lost

    @torch.inference_mode()
    def strip(self, worn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h, w = worn.shape
        padded = np.pad(worn, ((0, -h % STEP), (0, -w % STEP)), "symmetric")
        x = torch.from_numpy(padded)[None, None].to(self.device, memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.half):
            change, lost = self.net.change(x)
        both = torch.cat([x + change.float(), lost.float().sigmoid()], 1)[0, :, :h, :w].clamp(0, 1)
        clean, gone = both.cpu().numpy()
        return clean, gone
