"""The work behind `ColorizeUNet`: shrink the luma, ask the network, bring its colours to size."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor

from reimagine import zoo
from reimagine.errors import StageError
from reimagine.media.colour import ab_to_chroma, lab_of
from reimagine.media.frames import Frame, batched
from reimagine.media.reader import read_still

from .net import ColorUNet
from .reference import Reference

if TYPE_CHECKING:
    from .stage import ColorizeUNet

BATCH = 4
TEMPERATURE = 1.0
"""Of the softmax; below 1 the likeliest colour wins more of the mean (Zhang et al. 2016)."""
GAIN = 1.0
"""Chroma of a mean is weaker than that of the colours it averages; chosen on held-out photos."""


class Painter:
    """Colours frames; `counts` says how often it had to fall back to a smaller size."""

    def __init__(self, options: ColorizeUNet, device: str):
        if not 64 <= options.size <= 1024:
            raise StageError(f"--size {options.size} is out of range; give 64 to 1024 pixels")
        self.options, self.device, self.size = options, device, options.size
        self.net: ColorUNet = zoo.load(options.weights, ColorUNet, device)
        self.net = self.net.to(memory_format=torch.channels_last)
        self.half = _half_is_fast(device)
        self.counts: Counter[str] = Counter()
        self.stills = stills(options.references) if options.references else {}
        self.seen: dict[int, Reference] = {}

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for batch in batched(frames, BATCH):
            for frame, ab in zip(batch, self.colours([f.grey for f in batch]), strict=True):
                ab = self.after_reference(frame, ab)
                yield paint(frame, ab * self.options.saturation)

    def colours(self, greys: list[np.ndarray]) -> list[np.ndarray]:
        """uint8 (H, W) each -> ab (h, w, 2) float32 each, at a quarter of the network's size."""
        while True:
            try:
                with torch.inference_mode():
                    return [ab * GAIN for ab in self.ask(greys)]
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error) or self.size < 64:
                    raise
                self.size //= 2
                self.counts["halved the size: out of memory"] += 1

    def ask(self, greys: list[np.ndarray]) -> list[np.ndarray]:
        small = np.stack([shrink(g, self.size) for g in greys])[:, None]
        asked = torch.from_numpy(small).to(self.device).div_(255)
        asked = asked.to(memory_format=torch.channels_last)
        with torch.autocast(asked.device.type, torch.bfloat16, enabled=self.half):
            logits = self.net(asked)
        made: Tensor = self.net.colour(logits, TEMPERATURE)
        return list(made.permute(0, 2, 3, 1).cpu().numpy())

    def after_reference(self, frame: Frame, ab: np.ndarray) -> np.ndarray:
        """Colours of the shot's still, where the picture resembles it."""
        place = max((n for n in self.stills if frame.shot <= n <= frame.index), default=None)
        place = self.stills.get(frame.shot) and frame.shot if place is None else place
        if place is None:
            return ab
        if place not in self.seen:
            image = read_still(self.stills[place])
            grey, true = lab_of(image, ab.shape[1::-1])
            own = self.colours([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)])[0]
            self.seen = {place: Reference(grey, true, own)}
        return self.seen[place].transfer(cv2.resize(
            frame.grey, ab.shape[1::-1], interpolation=cv2.INTER_AREA), ab)  # fmt: skip


def stills(folder: Path) -> dict[int, Path]:
    """Frame number -> edited still, of a folder of ref_nnnnnn.png."""
    if not folder.is_dir():
        raise StageError(f"--references {folder}: no such folder; --export-references makes one")
    found = {int(p.stem[4:]): p for p in folder.glob("ref_*.png") if p.stem[4:].isdigit()}
    if not found:
        raise StageError(f"--references {folder}: holds no ref_nnnnnn.png")
    return found


def shrink(grey: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 to the network's size: short side about `size`, sides multiples of 16."""
    h, w = grey.shape
    scale = size / min(h, w)
    sides = [max(32, round(side * scale / 16) * 16) for side in (w, h)]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, sides, interpolation=way).astype(np.float32)


def paint(frame: Frame, ab: np.ndarray) -> Frame:
    """Bring ab (h, w, 2) to the size of the chroma planes along the edges of the luma."""
    cb, _ = frame.chroma
    guide = cv2.resize(frame.grey, cb.shape[::-1], interpolation=cv2.INTER_AREA)
    full = guided_upsample(ab, guide.astype(np.float32) / 255)
    return frame.with_chroma(*ab_to_chroma(guide, full, frame.matrix, frame.full))


def guided_upsample(small: np.ndarray, guide: np.ndarray, eps: float = 4e-3) -> np.ndarray:
    """Fast guided filter (He & Sun 2015): (h, w, 2) to the guide's (H, W), edges from the guide.

    In a small window colour is taken to be linear in luma; the two coefficients are found at the
    small size and only they are enlarged.
    """
    size, full = small.shape[1::-1], guide.shape[::-1]
    tone = cv2.resize(guide, size, interpolation=cv2.INTER_AREA)

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (5, 5), borderType=cv2.BORDER_REFLECT)

    m = mean(tone)
    spread = mean(tone * tone) - m * m + eps
    colour = mean(small)
    slope = (mean(small * tone[..., None]) - colour * m[..., None]) / spread[..., None]
    base = colour - slope * m[..., None]
    both = cv2.resize(mean(np.concatenate([slope, base], 2)), full, interpolation=cv2.INTER_LINEAR)
    return both[..., :2] * guide[..., None] + both[..., 2:]


def _half_is_fast(device: str) -> bool:
    """bfloat16 where the processor multiplies it; elsewhere it is only less exact."""
    if device == "cpu":
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _has_bf16_units()
    return device.startswith("cuda")


def _has_bf16_units() -> bool:
    capability = torch.backends.cpu.get_cpu_capability()
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return capability.startswith("AVX512") and ("avx512_bf16" in flags or "amx_bf16" in flags)


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
