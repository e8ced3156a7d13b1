"""Stabilization by a network with a convolutional LSTM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from reimagine.options import Range
from reimagine.stages.contract import FrameProcessor, PictureModel
from reimagine.stages.stabilize.options import Planes, check_planes


@dataclass(frozen=True)
class StabilizeConvLSTM(PictureModel):
    """Blind video temporal consistency with a convolutional LSTM (Lai et al. 2018)."""

    planes: Planes = "auto"
    side: Annotated[int, "Short side in pixels at which the network works", Range(16, 2160)] = 180
    weights: Annotated[str, "Name of weights, or path to a .safetensors file"] = "stabilize-convlstm"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 24
    uses_source: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 9.0

    @property
    def required_weights(self) -> str:
        """The weights of the network: a name in the zoo or a path."""
        return self.weights

    def check(self) -> None:
        """Check the options.

        Raises:
            StageError: `planes` is unknown.
        """
        check_planes(self.planes)

    def load(self, device: str) -> FrameProcessor:
        """Return a processor that stabilizes frames; a call holds one frame and the state of the network."""
        import torch

        from reimagine import zoo

        from .inference import ConsistencyStabilizer
        from .net import ConsistencyNet

        self.check()
        net = zoo.load(self.weights, ConsistencyNet, device).to(memory_format=torch.channels_last)
        return ConsistencyStabilizer(net, device, self.side, self.planes)
