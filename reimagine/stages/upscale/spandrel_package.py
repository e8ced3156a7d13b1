"""Enlargement with a published network, read by the package spandrel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.errors import StageError, WeightsError
from reimagine.options import Range
from reimagine.stages.contract import Counts, FrameProcessor
from reimagine.stages.upscale.options import UpscaleOptions

if TYPE_CHECKING:
    import numpy as np
    import torch

    from reimagine.media import Frame

OVERLAP = 16
"""Pixels by which a tile is extended into its neighbours."""


@dataclass(frozen=True)
class Spandrel(UpscaleOptions):
    """Enlarge with a network of your own, such as Real-ESRGAN, SPAN, SwinIR or HAT, from its published weights."""

    weights: Annotated[str, "File of the network: .safetensors, .pth or .pt; any architecture that spandrel reads"] = ""
    tile: Annotated[int, "Side of the tiles in pixels; smaller: less memory", Range(32, 4096)] = 256
    frames_per_second: ClassVar[float] = 0.1

    @property
    def required_weights(self) -> str:
        """The file of the network."""
        return str(Path(self.weights).absolute()) if self.weights else ""

    def check(self) -> None:
        """Refuse a missing file, and what all models of the stage refuse.

        Raises:
            StageError: names the option.
        """
        super().check()
        if not self.weights:
            raise StageError("upscale spandrel: has no weights of its own; give --weights a .safetensors or .pth file")

    def check_installed(self) -> None:
        """Refuse to run without spandrel.

        Raises:
            StageError: how to install it.
        """
        if find_spec("spandrel") is None:
            raise StageError("upscale spandrel: spandrel is not installed; pip install 'reimagine[upscale]'")

    def load(self, device: str) -> FrameProcessor:
        """Load the network.

        Raises:
            StageError: spandrel is not installed, or there are no weights.
            WeightsError: the file cannot be read, or is no network that enlarges RGB images.
        """
        self.check()
        self.check_installed()
        network = _load(Path(self.weights), device)

        def upscale(frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
            for frame in frames:
                image = _enlarged(network, frame.image, self.tile, device)
                yield frame.with_image(_resized(image, self.output_size(frame.width, frame.height)))

        return upscale


def _load(path: Path, device: str) -> Any:
    """The network in a file; tensors only are read from it, never code.

    Raises:
        WeightsError: see `Spandrel.load`.
    """
    import torch
    from safetensors.torch import load_file
    from spandrel import ImageModelDescriptor, ModelLoader  # pyright: ignore[reportMissingImports]

    try:
        is_safe = path.suffix == ".safetensors"
        state = load_file(path) if is_safe else torch.load(path, map_location="cpu", weights_only=True)
        network = ModelLoader(device).load_from_state_dict(state)
    except Exception as error:  # torch, pickle and spandrel raise errors of many kinds for damaged or unknown files
        raise WeightsError(f"{path}: damaged, or not a network that spandrel reads; give another file") from error
    if not isinstance(network, ImageModelDescriptor) or network.input_channels != 3 or network.scale < 2:
        raise WeightsError(f"{path}: a network of {network.architecture.name} that does not enlarge RGB images")
    return network.eval()


def _enlarged(network: Any, image: np.ndarray, tile: int, device: str) -> np.ndarray:
    """An image (H, W, 3) uint8 enlarged by the factor of the network, in overlapping tiles: uint8."""
    import numpy as np
    import torch

    height, width = image.shape[:2]
    scale = network.scale
    result = np.empty((scale * height, scale * width, 3), np.uint8)
    source = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 255
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            top, left = max(0, y - OVERLAP), max(0, x - OVERLAP)
            bottom, right = min(height, y + tile), min(width, x + tile)
            enlarged = _run(network, source[:, :, top : bottom + OVERLAP, left : right + OVERLAP])
            inner = enlarged[scale * (y - top) : scale * (bottom - top), scale * (x - left) : scale * (right - left)]
            result[scale * y : scale * bottom, scale * x : scale * right] = inner
    return result


def _run(network: Any, image: torch.Tensor) -> np.ndarray:
    """One tile (1, 3, h, w) in 0..1, enlarged: (H, W, 3) uint8."""
    import torch

    with torch.inference_mode():
        enlarged = network(image)[0].clamp(0, 1)
    return (enlarged * 255 + 0.5).byte().permute(1, 2, 0).cpu().numpy()


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image (h, w, 3) uint8 at its exact size (W, H)."""
    import cv2

    if image.shape[1::-1] == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if image.shape[1] > size[0] else cv2.INTER_CUBIC)
