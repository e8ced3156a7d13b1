"""Ink and flat colour without a network: the baseline every trained look must beat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Ink:
    """Edge-preserving smoothing, stepped tones and XDoG lines (Winnemoeller et al. 2012)."""

    strength: Annotated[float, "How much of the look, 0 (the film) to 1"] = 1.0
    line: Annotated[float, "How dark the drawn lines are, 0 to 1"] = 0.8
    levels: Annotated[int, "Steps of tone; more is softer"] = 9
    steady: Annotated[float, "How firmly a drawing keeps to the one before, 0 to 1"] = 1.0
    version: ClassVar[int] = 2
    context: ClassVar[int] = 32

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; a grey film stays grey."""
        import cv2
        import numpy as np

        from reimagine.stages.cartoon.stylizer import Stylizer, inked

        def smoothed(image: np.ndarray) -> np.ndarray:
            half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            for _ in range(3):
                half = cv2.bilateralFilter(half, 7, 30, 5)
            return cv2.resize(half, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)

        def stepped(image: np.ndarray) -> np.ndarray:
            lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
            step = 256 / self.levels
            tone = lab[..., 0].astype(np.float32) / step
            part = tone - np.floor(tone)
            soft = 1 / (1 + np.exp(-12 * (part - 0.5)))  # a step one does not see boil
            lab[..., 0] = np.clip((np.floor(tone) + soft) * step, 0, 255)
            lab[..., 1:] = np.clip(128 + (lab[..., 1:].astype(np.float32) - 128) * 1.2, 0, 255)
            return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)

        def draw(image: np.ndarray) -> np.ndarray:
            flat = smoothed(image)
            return inked(stepped(flat), cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY), self.line)

        return Stylizer(draw, self.strength, self.steady)
