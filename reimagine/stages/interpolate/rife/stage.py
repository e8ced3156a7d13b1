"""Frame interpolation with RIFE and its published weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.stages.contract import Counts, InterpolationProcessor

from ..options import InterpolationOptions

if TYPE_CHECKING:
    import torch

    from reimagine.media import Frame


@dataclass(frozen=True)
class RIFEInterpolation(InterpolationOptions):
    """Estimate the motion between two frames with RIFE, a network whose published weights can be added."""

    weights: Annotated[str, "Name in the zoo, or path to .safetensors"] = "rife"
    frames_per_second: ClassVar[float] = 4.0

    @property
    def required_weights(self) -> str:
        """The weights of the network."""
        return self.weights

    def load(self, device: str) -> InterpolationProcessor:
        """Load the weights."""
        import torch

        from reimagine import zoo
        from reimagine.zoo.device import half_precision, to_channels_last

        from ..blending import blended
        from .net import RIFE

        net: RIFE = to_channels_last(zoo.load(self.weights, RIFE, device), device)
        autocast = half_precision(device)

        def interpolate(
            frame: Frame, following: Frame, times: Sequence[float], counts: Counts | None = None
        ) -> Iterator[Frame]:
            images = [_image(f, device) for f in (frame, following)]
            for time in times:
                with torch.inference_mode(), autocast:
                    flow, logit = net(*images, time)
                motion = flow[0, :, : frame.height, : frame.width].float().permute(1, 2, 0).cpu().numpy()
                share = logit[0, 0, : frame.height, : frame.width].float().sigmoid().cpu().numpy()
                yield blended(frame, following, (motion[..., :2].copy(), motion[..., 2:].copy()), share)

        return interpolate


def _image(frame: Frame, device: str) -> torch.Tensor:
    """The picture of a frame for the network, its edges repeated: (1, 3, H, W) float32 in 0..1."""
    import numpy as np
    import torch

    from .net import STRIDE

    padded = np.pad(frame.image, ((0, -frame.height % STRIDE), (0, -frame.width % STRIDE), (0, 0)), "edge")
    return torch.from_numpy(padded).to(device).permute(2, 0, 1)[None].float() / 255
