"""What a film meets: a look that a network has learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class CartoonGAN:
    """An artist's look, learnt from the artist's pictures (Chen et al. 2018) or from a network that did."""

    look: Annotated[str, "Whose: a name (`preview cartoon` shows them), or a run of `train`"] = "hayao"
    strength: Annotated[float, "How much of the look, 0 (the film) to 1"] = 1.0
    line: Annotated[float, "How dark lines are drawn over it, 0 to 1"] = 0.0
    size: Annotated[int, "Short side, in pixels, at which the network draws"] = 480
    steady: Annotated[float, "How firmly a drawing keeps to the one before, 0 to 1"] = 1.0
    colour: Annotated[bool, "Let a black-and-white film take on the look's colours"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors, instead of the look's own"] = ""
    version: ClassVar[int] = 2
    context: ClassVar[int] = 32

    @property
    def network(self) -> str:
        """The weights that are meant: a name in the zoo or a path; "" for ink, which needs none."""
        path = "/" in self.look or self.look.endswith(".safetensors")
        if self.weights or path or self.look == "ink":
            return self.weights or ("" if self.look == "ink" else self.look)
        here = self.looks()
        if self.look in here:
            return here[self.look]
        from reimagine.errors import StageError, unknown_name
        from reimagine.zoo import published

        others = [name.removeprefix("cartoongan-") for name in published.names() if "cartoongan-" in name]
        if self.look in others:
            return f"cartoongan-{self.look}"  # which says how it is added
        raise StageError(unknown_name("look", self.look, sorted({"ink", *here, *others})))

    @staticmethod
    def looks() -> dict[str, str]:
        """The weights of every look that is here, by its name; our own network's before the published."""
        from reimagine import zoo

        names = [card.name for card in zoo.cards()]
        return {
            name.removeprefix(kind): name
            for kind in ("cartoongan-", "cartoon-")
            for name in names
            if name.startswith(kind)
        }

    @classmethod
    def preview(cls) -> list[dict[str, str]]:
        """Every look there is."""
        return [{"look": name} for name in ("ink", *cls.looks())]

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; a grey film stays grey unless `colour`."""
        import cv2
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.errors import StageError
        from reimagine.media.guided import detailed_upsample
        from reimagine.stages.cartoon.stylizer import Stylizer, calmed, inked
        from reimagine.zoo.device import bfloat16_is_fast

        from .net import generator

        if not 64 <= self.size <= 2160:
            raise StageError(f"cartoon: --size {self.size} is out of range; give 64 to 2160 pixels")
        if not self.network:
            return self.ink().load(device)
        net: Any = zoo.load(self.network, generator, device).to(memory_format=torch.channels_last)
        half = bfloat16_is_fast(device)

        @torch.inference_mode()
        def asked(small: np.ndarray) -> np.ndarray:
            """The network's answer; what it sees goes on a little beyond the picture's edges."""
            h, w = small.shape[:2]
            m, step = net.margin, net.step
            wide = cv2.copyMakeBorder(small, m, m + -h % step, m, m + -w % step, cv2.BORDER_REFLECT_101)
            x = torch.from_numpy(wide).to(device).permute(2, 0, 1)[None].float() / 127.5 - 1
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
                y = net(x.contiguous(memory_format=torch.channels_last))
            made = (y[0].float().permute(1, 2, 0) + 1) * 127.5
            return made[m : m + h, m : m + w].clamp(0, 255).cpu().numpy()

        def calm(image: np.ndarray, grey: np.ndarray) -> np.ndarray:
            return calmed(asked(image), grey) if net.restless else asked(image)

        def draw(image: np.ndarray) -> np.ndarray:
            scale = self.size / min(image.shape[:2])
            grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            if scale < 1:
                small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                made = calm(small, cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
                made = detailed_upsample(made, grey.astype(np.float32) / 255)
            else:
                made = calm(image, grey)
            return inked(made, grey, self.line) if self.line else made

        return Stylizer(draw, self.strength, self.steady, self.colour)

    def ink(self) -> Any:
        from reimagine.stages.cartoon.ink import Ink

        return Ink(self.strength, self.line or Ink.line, steady=self.steady)
