"""Inference of the colorizing networks: keyframes are predicted, chroma is propagated between them.

A frame's luma is reduced, the network predicts CIELAB ab, reference stills and similar scenes adjust it, and a guided
filter enlarges it to the size of the chroma planes. The luma is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reimagine.media.images.colour import ab_to_chroma, quantize_chroma, resized_lab
from reimagine.media.images.guided import guided_upsample
from reimagine.media.motion import KEYFRAME_INTERVAL, KeyframePropagator, local_luma, propagation_luma
from reimagine.media.video.frames import Frame, frame_from_image, frame_windows
from reimagine.media.video.reader import read_image
from reimagine.stages.colorize.exemplar import Exemplar, SimilarScene
from reimagine.stages.colorize.hints import Hints
from reimagine.stages.colorize.options import SMALLEST_SIZE, find_reference_stills
from reimagine.stages.contract import Counts
from reimagine.training.state import is_out_of_memory

PredictAb = Callable[[np.ndarray], np.ndarray]
"""A network: luma (N, T, h, w) float32 in 0..1 -> CIELAB ab (N, h', w', 2) float32 of the middle one of T frames."""

PREDICTED = "frames predicted by the network"
"""Count in the report: frames whose colours the network predicted."""
SIZE_HALVED = "out of memory: worked at half the size"
"""Count in the report: how often the size was halved."""


@dataclass(frozen=True)
class Colorizer:
    """A network with the options of its inference. A call colorizes the frames of one part and owns all its state.

    Attributes:
        predict_ab: the network.
        size: short side of the network's input, in pixels.
        saturation: factor of the predicted ab.
        references: folder of reference stills.
        every_frame: run the network on every frame, without propagation.
        square: stretch the input to a square of `size`.
        window: consecutive frames in the network's input, 1 or 3.
        hints: painted strokes, followed through their shots.
    """

    predict_ab: PredictAb
    size: int
    saturation: float = 1.0
    references: Path | None = None
    every_frame: bool = False
    square: bool = False
    window: int = 1
    hints: Hints | None = None

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
        """Return the frames with predicted chroma, lazily and in order.

        Raises:
            StageError: the folder of reference stills does not exist, or has no still.
        """
        return ColorizationPass(self, Counts() if counts is None else counts).colorize(frames)


class ColorizationPass:
    """The state of one call of a `Colorizer`.

    Attributes:
        options: the colorizer that was called.
        counts: totals of the part, for the report.
        size: the size in use; halved when memory runs out.
        stills: reference stills by frame number.
        exemplar: the reference still in use, and its frame number.
        scene: the latest single frame of an earlier shot, and its number.
    """

    def __init__(self, options: Colorizer, counts: Counts) -> None:
        self.options = options
        self.counts = counts
        self.size = options.size
        self.stills = find_reference_stills(options.references)
        self.exemplar: tuple[int, Exemplar] | None = None
        self.scene: tuple[int, SimilarScene] | None = None

    def colorize(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames with predicted chroma."""
        size = self.options.window
        if self.options.every_frame:
            for window in frame_windows(frames, size):
                frame = window[size // 2]
                ab = self.with_hints(frame, propagation_luma(frame), self.predict(frame, window))
                yield with_predicted_chroma(frame, ab)
            return
        for frame, luma, ratio in KeyframePropagator(self.chroma_ratio, window=size)(frames):
            yield with_propagated_chroma(frame, ratio * local_luma(luma))

    def chroma_ratio(self, frame: Frame, luma: np.ndarray, window: Sequence[Frame]) -> np.ndarray:
        """Return the values that are propagated: chroma divided by local luma (h, w, 2).

        Because it is a ratio, colours fade with the luma in a fade to black.
        """
        ab = guided_upsample(self.predict(frame, window), luma.astype(np.float32) / 255)
        ab = self.with_hints(frame, luma, ab)
        return ab_to_chroma(luma, ab, frame.matrix, frame.full) / local_luma(luma)

    def with_hints(self, frame: Frame, luma: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return ab with the colours of the strokes that lie on the frame's objects."""
        hints = self.options.hints
        return ab if hints is None else hints.apply(frame.index, luma, ab)

    def predict(self, frame: Frame, window: Sequence[Frame]) -> np.ndarray:
        """Return a frame's ab (h, w, 2), adjusted to the reference still of its shot and to a similar scene.

        Args:
            window: consecutive frames, the network's input, with `frame` in the middle.
        """
        self.counts.add(PREDICTED)
        ab = self.predict_with_flip(frame, window)
        small = cv2.resize(frame.grey, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
        shot = frame.shot
        if shot and shot.stop - shot.start == 1:
            self.scene = frame.index, SimilarScene(small, ab)
        elif shot and self.scene and shot.similar_frame == self.scene[0]:
            ab = self.scene[1].transfer(small, ab)
        return self.transfer_from_still(frame, small, ab) * self.options.saturation

    def predict_with_flip(self, frame: Frame, window: Sequence[Frame]) -> np.ndarray:
        """Return the network's ab (h, w, 2) with flip test-time augmentation: the mean of a frame and its mirror image.

        In shots of more than two keyframe intervals, keyframes alternate between the frame and its mirror image,
        because propagation averages them.
        """
        greys, shot = [f.grey for f in window], frame.shot
        mirrored = [np.ascontiguousarray(grey[:, ::-1]) for grey in greys]
        if self.options.every_frame or shot is None or shot.stop - shot.start <= 2 * KEYFRAME_INTERVAL:
            plain, flipped = self.run_network([greys, mirrored])
            return (plain + flipped[:, ::-1]) / 2
        if (frame.index - shot.start) // KEYFRAME_INTERVAL % 2:
            return np.ascontiguousarray(self.run_network([mirrored])[0][:, ::-1])
        return self.run_network([greys])[0]

    def run_network(self, batch: list[list[np.ndarray]]) -> np.ndarray:
        """Return ab (N, h, w, 2) of N windows of luma, (H, W) uint8 each; at half the size if memory runs out."""
        while True:
            try:
                inputs = [[network_input(g, self.size, self.options.square) for g in window] for window in batch]
                return self.options.predict_ab(np.stack(inputs))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.size < SMALLEST_SIZE:
                    raise
                self.size //= 2
                self.counts.add(SIZE_HALVED)

    def transfer_from_still(self, frame: Frame, small: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return ab with the edits of the nearest reference still of the frame's shot; unchanged without one.

        Args:
            small: luma of the frame at the size of `ab`, (h, w) uint8.
        """
        if frame.shot is None or not self.stills:
            return ab
        inside = [n for n in self.stills if frame.shot.start <= n < frame.shot.stop]
        if not inside:
            return ab
        nearest = min(inside, key=lambda n: abs(n - frame.index))
        if self.exemplar is None or self.exemplar[0] != nearest:
            self.exemplar = nearest, self.read_exemplar(self.stills[nearest], ab.shape[1::-1])
        return self.exemplar[1].transfer(small, ab)

    def read_exemplar(self, still: Path, size: tuple[int, int]) -> Exemplar:
        """Read an edited still and compare it with the network's prediction of its luma, at (w, h)."""
        image = read_image(still)
        frame = frame_from_image(0, image)
        predicted = self.predict_with_flip(frame, [frame] * self.options.window)
        grey, edited = resized_lab(image, size)
        return Exemplar(grey, edited, cv2.resize(predicted, size))


def network_input(grey: np.ndarray, size: int, square: bool = False) -> np.ndarray:
    """Resize luma for a network: (H, W) uint8 -> (h, w) float32 in 0..1.

    Sides are multiples of 16, the short one about `size`; or both `size`, if `square`.
    """
    h, w = grey.shape
    scale = size / min(h, w)
    sides = [max(32, round((size if square else side * scale) / 16) * 16) for side in (w, h)]
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, sides, interpolation=interpolation).astype(np.float32) / 255


def with_predicted_chroma(frame: Frame, ab: np.ndarray) -> Frame:
    """Return the frame with ab (h, w, 2), enlarged to its chroma planes along the edges of its luma."""
    cb, _ = frame.chroma
    guide = cv2.resize(frame.grey, cb.shape[::-1], interpolation=cv2.INTER_AREA)
    full = guided_upsample(ab, guide.astype(np.float32) / 255)
    return frame.with_chroma(*quantize_chroma(ab_to_chroma(guide, full, frame.matrix, frame.full), frame.full))


def with_propagated_chroma(frame: Frame, chroma: np.ndarray) -> Frame:
    """Return the frame with propagated chroma (h, w, 2), 0 colourless, enlarged to its chroma planes."""
    cb, _ = frame.chroma
    return frame.with_chroma(*quantize_chroma(cv2.resize(chroma, cb.shape[::-1]), frame.full))
