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
    version: ClassVar[int] = 1
    context: ClassVar[int] = 0

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; a grey film stays grey."""
        import cv2
        import numpy as np

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

        def lines(grey: np.ndarray) -> np.ndarray:
            """XDoG: 1 on paper, 0 in the line."""
            tone = grey.astype(np.float32) / 255
            sigma = max(0.7, grey.shape[0] / 480)
            fine, wide = (cv2.GaussianBlur(tone, (0, 0), sigma * k) for k in (1.0, 1.6))
            sharp = (1 + 18) * fine - 18 * wide
            return np.clip(1 + np.tanh(10 * (sharp - 0.35)), 0, 1)

        def draw(image: np.ndarray) -> np.ndarray:
            flat = smoothed(image)
            ink = 1 - self.line * (1 - lines(cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY)))
            drawn = stepped(flat) * ink[..., None]
            return (image + (drawn - image) * self.strength).clip(0, 255).astype(np.uint8)

        def cartoon(frames: Iterable[Frame]) -> Iterator[Frame]:
            for frame in frames:
                yield frame.with_image(draw(frame.image))

        return cartoon
