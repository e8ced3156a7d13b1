"""Autoregressive prediction with pix2pix: each frame is generated from the one before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.media.video.clip import Clip
from reimagine.stages.continuation.random_state import generator_state, private_generators, set_generator_state
from reimagine.stages.continuation.rollout import rollout_size
from reimagine.stages.continuation.training_frames import resize_by_area

from .net import SIDE, UNet256


class Pix2PixPredictor:
    """A `NextFramePredictor`.

    The network stays in training mode, as published: batch normalization uses the statistics of each image, and
    dropout, the only source of randomness, stays on.

    Args:
        clip: the rollout starts from its last frame.
        weights: of `UNet256`, learned from the film.
        seed: of the dropout.
    """

    def __init__(self, clip: Clip, weights: Path, seed: int, device: str) -> None:
        self.device = device
        last = clip.last
        self.size = rollout_size(last.width, last.height)
        self.last = resize_by_area(last.image, (SIDE, SIDE)).astype(np.float32)
        with private_generators(device):
            self.net: UNet256 = zoo.load(str(weights), UNet256, device).train()
            torch.manual_seed(seed)
            self.generator = generator_state(device)

    def step(self) -> np.ndarray:
        x = torch.from_numpy(self.last / np.float32(127.5) - 1).to(self.device).permute(2, 0, 1)[None]
        with private_generators(self.device), torch.inference_mode():
            set_generator_state(self.device, self.generator)
            output = self.net(x)[0].permute(1, 2, 0).cpu().numpy()
            self.generator = generator_state(self.device)
        self.last = ((output + 1) * 127.5).astype(np.float32)
        large = cv2.resize(self.last, self.size, interpolation=cv2.INTER_CUBIC)
        return np.clip(large + 0.5, 0, 255).astype(np.uint8)

    def state(self) -> Mapping[str, np.ndarray]:
        return {"last": self.last, "generator": self.generator.numpy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.last = state["last"]
        self.generator = torch.from_numpy(state["generator"])
