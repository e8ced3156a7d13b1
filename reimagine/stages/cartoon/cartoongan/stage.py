"""What a film meets: a look that CartoonGAN learnt, for those who have its weights."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class CartoonGAN:
    """Four published looks (Chen et al. 2018), added with `reimagine models add cartoongan-hayao`."""

    strength: Annotated[float, "How much of the look, 0 (the film) to 1"] = 1.0
    size: Annotated[int, "Short side, in pixels, at which the network works"] = 360
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "cartoongan-hayao"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 0

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; a grey film stays grey."""
        import cv2
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.errors import StageError
        from reimagine.zoo.device import half_is_fast

        from .net import CartoonGenerator

        if not 64 <= self.size <= 2160:
            raise StageError(f"cartoon: --size {self.size} is out of range; give 64 to 2160 pixels")
        net: CartoonGenerator = zoo.load(self.weights, CartoonGenerator, device)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        half = half_is_fast(device)

        @torch.inference_mode()
        def draw(image: np.ndarray) -> np.ndarray:
            """(H, W, 3) uint8 RGB -> the same, drawn. The network knows BGR."""
            h, w = image.shape[:2]
            scale = min(1.0, self.size / min(h, w))
            sides = [max(16, round(side * scale / 4) * 4) for side in (w, h)]
            small = cv2.resize(image, sides, interpolation=cv2.INTER_AREA)
            x = torch.from_numpy(small[..., ::-1].astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
                y = net(x.to(device, memory_format=torch.channels_last))
            made = (y[0].float().permute(1, 2, 0).cpu().numpy() + 1) * 127.5
            return cv2.resize(made[..., ::-1], (w, h), interpolation=cv2.INTER_CUBIC)

        def cartoon(frames: Iterable[Frame]) -> Iterator[Frame]:
            for frame in frames:
                image = frame.image
                drawn = draw(image)
                if np.ptp(image[::8, ::8].astype(np.int16), axis=2).max() <= 6:
                    drawn = np.repeat(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
                mixed = image + (drawn - image) * self.strength
                yield frame.with_image(mixed.clip(0, 255).round().astype(np.uint8))

        return cartoon
