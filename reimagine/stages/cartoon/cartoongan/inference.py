"""Inference: one image through a generator."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from reimagine.media.images.guided import detailed_upsample
from reimagine.stages.cartoon.cartoongan.net import Generator
from reimagine.stages.cartoon.filters import draw_lines, smooth_flat_regions
from reimagine.zoo.device import half_precision


class Cartoonizer:
    """Stylizes single images with a generator.

    Args:
        net: the generator, on `device`, in evaluation mode.
        device: "cpu", "cuda" or "mps".
        size: short side in pixels at which the network works. Larger images are reduced to it, and the drawing is
            upsampled with the image's luma as guide.
        line: darkness of the XDoG lines drawn over the result, 0 to 1.
    """

    def __init__(self, net: Generator, device: str, size: int, line: float) -> None:
        self.net, self.device, self.size, self.line = net, torch.device(device), size, line

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Draw an image: RGB (H, W, 3) uint8 -> (H, W, 3) float32 in about 0..255."""
        scale = self.size / min(image.shape[:2])
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            drawing = self.draw(small, cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
            drawing = detailed_upsample(drawing, grey.astype(np.float32) / 255)
        else:
            drawing = self.draw(image, grey)
        return draw_lines(drawing, grey, self.line) if self.line else drawing

    def draw(self, image: np.ndarray, grey: np.ndarray) -> np.ndarray:
        """Draw an image at its own size; flat regions are smoothed if the network needs it."""
        drawing = self.generate(image)
        return smooth_flat_regions(drawing, grey) if self.net.smooths_flat_regions else drawing

    @torch.inference_mode()
    def generate(self, image: np.ndarray) -> np.ndarray:
        """Return the network's output: (h, w, 3) uint8 -> (h, w, 3) float32 in 0..255.

        The image is padded by reflection to the size that the network needs.
        """
        h, w = image.shape[:2]
        pad, multiple = self.net.padding, self.net.size_multiple
        padded = cv2.copyMakeBorder(image, pad, pad + -h % multiple, pad, pad + -w % multiple, cv2.BORDER_REFLECT_101)
        x = torch.from_numpy(padded).to(self.device).permute(2, 0, 1)[None].float() / 127.5 - 1
        with half_precision(self.device.type):
            y = self.net(x.contiguous(memory_format=torch.channels_last))
        drawing = (y[0].float().permute(1, 2, 0) + 1) * 127.5
        return drawing[pad : pad + h, pad : pad + w].clamp(0, 255).cpu().numpy()
