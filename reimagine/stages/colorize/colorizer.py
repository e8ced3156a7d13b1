"""What every colorizing network shares: shrink the luma, ask, bring the colours to full size.

The network colours keyframes; between them colour travels with what it belongs to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.colour import ab_to_chroma, quantize_chroma, resized_lab
from reimagine.media.frames import Frame, frame_from_image
from reimagine.media.guided import guided_upsample
from reimagine.media.motion.propagation import (
    KEYFRAME_INTERVAL,
    LOOK_AHEAD,
    KeyframePropagator,
    is_consecutive,
    local_luma,
)
from reimagine.media.reader import read_image
from reimagine.stages.colorize.exemplar import Reference, Scene

Ask = Callable[[np.ndarray], np.ndarray]
"""Luma (N, T, h, w) float32 in 0..1 -> ab (N, h', w', 2) float32 in CIELAB units. T is 1, or the frame's
neighbours are seen too."""

HELD = 2 * (LOOK_AHEAD + KEYFRAME_INTERVAL)
"""Frames kept for their neighbours: more than the carrier holds."""


class Colorizer:
    """Frames in, the same luma under other colours out.

    `counts` says how often the network was asked, and how often it had to fall back: out of
    memory halves the size and goes on. `window` is how many consecutive frames the network sees, 1 or 3.
    """

    def __init__(
        self,
        ask: Ask,
        size: int,
        saturation: float,
        references: Path | None = None,
        every_frame: bool = False,
        square: bool = False,
        window: int = 1,
    ) -> None:
        if not 64 <= size <= 1024:
            raise StageError(f"--size {size} is out of range; give 64 to 1024 pixels")
        self.ask, self.size, self.square, self.window = ask, size, square, window
        self.around: dict[int, list[Frame]] = {}
        self.saturation, self.every_frame = saturation, every_frame
        self.counts: Counter[str] = Counter()
        self.stills = stills(references) if references else {}
        self.still: tuple[int, Reference] | None = None
        self.scene: tuple[int, Scene] | None = None

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        if self.window > 1:
            frames = self.remembered(frames)
        if self.every_frame:
            for frame in frames:
                yield paint(frame, self.colour(frame))
            return
        for frame, luma, value in KeyframePropagator(self.value)(frames):
            yield dressed(frame, value * local_luma(luma))

    def remembered(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames, each handed on when the one after it is known."""
        before, here = None, None
        for after in frames:
            if here:
                yield self.placed(before, here, after)
            before, here = here, after
        if here:
            yield self.placed(before, here, None)

    def placed(self, before: Frame | None, here: Frame, after: Frame | None) -> Frame:
        """Its neighbours are kept for it; across a cut it stands in for them itself."""
        self.around[here.index] = [
            before if before and is_consecutive(here, before) else here,
            here,
            after if after and is_consecutive(after, here) else here,
        ]
        while len(self.around) > HELD:
            del self.around[next(iter(self.around))]
        return here

    def value(self, frame: Frame, luma: np.ndarray, window: Sequence[Frame] = ()) -> np.ndarray:
        """What is carried: chroma as a share of the luma about it, so that a fade fades it too."""
        ab = guided_upsample(self.colour(frame), luma.astype(np.float32) / 255)
        return ab_to_chroma(luma, ab, frame.matrix, frame.full) / local_luma(luma)

    def colour(self, frame: Frame) -> np.ndarray:
        """The network's ab (h, w, 2) for a frame, after the shot's still and its scene."""
        self.counts["frames the network was asked for"] += 1
        ab = self.both_ways(frame)
        small = cv2.resize(frame.grey, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
        shot = frame.shot
        if shot and shot.stop - shot.start == 1:
            self.scene = frame.index, Scene(small, ab)
        elif shot and self.scene and shot.similar_frame == self.scene[0]:
            ab = self.scene[1].transfer(small, ab)
        return self.after_still(frame, small, ab) * self.saturation

    def both_ways(self, frame: Frame) -> np.ndarray:
        """A picture and its mirror image are not coloured alike; their mean is truer than either.
        In a long shot the keyframes take turns, since they are averaged anyway."""
        greys, shot = self.view(frame), frame.shot
        mirror = [np.ascontiguousarray(grey[:, ::-1]) for grey in greys]
        if self.every_frame or shot is None or shot.stop - shot.start <= 2 * KEYFRAME_INTERVAL:
            plain, mirrored = self.colours([greys, mirror])
            return (plain + mirrored[:, ::-1]) / 2
        if (frame.index - shot.start) // KEYFRAME_INTERVAL % 2:
            return np.ascontiguousarray(self.colours([mirror])[0][:, ::-1])
        return self.colours([greys])[0]

    def view(self, frame: Frame) -> list[np.ndarray]:
        """What the network sees of a frame and, if it looks at them, its neighbours: (H, W) uint8 each."""
        near = self.around.get(frame.index)
        if near is None or near[1] is not frame:
            near = [frame] * self.window
        return [f.grey for f in near]

    def colours(self, views: list[list[np.ndarray]]) -> np.ndarray:
        """(H, W) uint8 each -> ab (N, h, w, 2)."""
        while True:
            try:
                return self.ask(np.stack([[shrink(g, self.size, self.square) for g in v] for v in views]))
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error) or self.size < 64:
                    raise
                self.size //= 2
                self.counts["out of memory: worked at half the size"] += 1

    def after_still(self, frame: Frame, small: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Colours of the shot's nearest still, as far as the picture resembles it."""
        if frame.shot is None or not self.stills:
            return ab
        inside = [n for n in self.stills if frame.shot.start <= n < frame.shot.stop]
        if not inside:
            return ab
        place = min(inside, key=lambda n: abs(n - frame.index))
        if self.still is None or self.still[0] != place:
            self.still = place, self.learn(self.stills[place], ab.shape[1::-1])
        return self.still[1].transfer(small, ab)

    def learn(self, still: Path, size: tuple[int, int]) -> Reference:
        image = read_image(still)
        own = self.both_ways(frame_from_image(0, image))
        grey, wanted = resized_lab(image, size)
        return Reference(grey, wanted, cv2.resize(own, size))


def stills(folder: Path) -> dict[int, Path]:
    """Frame number -> edited still, of a folder of ref_nnnnnn.png."""
    if not folder.is_dir():
        raise StageError(f"--references {folder}: no such folder; --export-references makes one")
    found = {int(p.stem[4:]): p for p in folder.glob("ref_*.png") if p.stem[4:].isdigit()}
    if not found:
        raise StageError(f"--references {folder}: holds no ref_nnnnnn.png")
    return found


def shrink(grey: np.ndarray, size: int, square: bool = False) -> np.ndarray:
    """(H, W) uint8 -> (h, w) float32 in 0..1, short side about `size`, sides multiples of 16;
    or stretched to a square."""
    h, w = grey.shape
    scale = size / min(h, w)
    sides = [max(32, round((size if square else side * scale) / 16) * 16) for side in (w, h)]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, sides, interpolation=way).astype(np.float32) / 255


def paint(frame: Frame, ab: np.ndarray) -> Frame:
    """Bring ab (h, w, 2) to the size of the chroma planes along the edges of the luma."""
    cb, _ = frame.chroma
    guide = cv2.resize(frame.grey, cb.shape[::-1], interpolation=cv2.INTER_AREA)
    full = guided_upsample(ab, guide.astype(np.float32) / 255)
    return frame.with_chroma(*quantize_chroma(ab_to_chroma(guide, full, frame.matrix, frame.full), frame.full))


def dressed(frame: Frame, chroma: np.ndarray) -> Frame:
    """A frame in the chroma (h, w, 2) that was carried to it."""
    cb, _ = frame.chroma
    return frame.with_chroma(*quantize_chroma(cv2.resize(chroma, cb.shape[::-1]), frame.full))


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
