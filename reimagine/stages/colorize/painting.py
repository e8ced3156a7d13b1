"""What every colorizing network shares: shrink the luma, ask, bring the colours to full size."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.colour import ab_to_chroma, lab_of
from reimagine.media.frames import Frame, batched
from reimagine.media.reader import read_still
from reimagine.stages.colorize.reference import Reference

BATCH = 4

Ask = Callable[[np.ndarray], np.ndarray]
"""Luma (N, h, w) float32 in 0..1 -> ab (N, h', w', 2) float32 in CIELAB units."""


class Painter:
    """Frames in, the same luma under other colours out.

    `counts` says how often it had to fall back: out of memory halves the size and goes on.
    """

    def __init__(self, ask: Ask, size: int, saturation: float, references: Path | None):
        if not 64 <= size <= 1024:
            raise StageError(f"--size {size} is out of range; give 64 to 1024 pixels")
        self.ask, self.size, self.saturation = ask, size, saturation
        self.counts: Counter[str] = Counter()
        self.stills = stills(references) if references else {}
        self.reference: tuple[int, Reference] | None = None

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for batch in batched(frames, BATCH):
            for frame, ab in zip(batch, self.colours([f.grey for f in batch]), strict=True):
                yield paint(frame, self.after_still(frame, ab) * self.saturation)

    def colours(self, greys: list[np.ndarray]) -> np.ndarray:
        """(H, W) uint8 each -> ab (N, h, w, 2)."""
        while True:
            try:
                return self.ask(np.stack([shrink(g, self.size) for g in greys]))
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error) or self.size < 64:
                    raise
                self.size //= 2
                self.counts["out of memory: worked at half the size"] += 1

    def after_still(self, frame: Frame, ab: np.ndarray) -> np.ndarray:
        """Colours of the shot's nearest still, as far as the picture resembles it."""
        if frame.shot is None or not self.stills:
            return ab
        inside = [n for n in self.stills if frame.shot.start <= n < frame.shot.stop]
        if not inside:
            return ab
        place = min(inside, key=lambda n: abs(n - frame.index))
        if self.reference is None or self.reference[0] != place:
            self.reference = place, self.learn(self.stills[place], ab.shape[1::-1])
        small = cv2.resize(frame.grey, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
        return self.reference[1].transfer(small, ab)

    def learn(self, still: Path, size: tuple[int, int]) -> Reference:
        image = read_still(still)
        own = self.colours([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)])[0]
        grey, wanted = lab_of(image, size)
        return Reference(grey, wanted, cv2.resize(own, size))


def stills(folder: Path) -> dict[int, Path]:
    """Frame number -> edited still, of a folder of ref_nnnnnn.png."""
    if not folder.is_dir():
        raise StageError(f"--references {folder}: no such folder; --export-references makes one")
    found = {int(p.stem[4:]): p for p in folder.glob("ref_*.png") if p.stem[4:].isdigit()}
    if not found:
        raise StageError(f"--references {folder}: holds no ref_nnnnnn.png")
    return found


def shrink(grey: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 -> (h, w) float32 in 0..1, short side about `size`, sides multiples of 16."""
    h, w = grey.shape
    scale = size / min(h, w)
    sides = [max(32, round(side * scale / 16) * 16) for side in (w, h)]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, sides, interpolation=way).astype(np.float32) / 255


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
    both = mean(np.concatenate([slope, colour - slope * m[..., None]], 2))
    both = cv2.resize(both, full, interpolation=cv2.INTER_LINEAR)
    return both[..., :2] * guide[..., None] + both[..., 2:]


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
