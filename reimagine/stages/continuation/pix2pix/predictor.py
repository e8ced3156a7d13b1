"""One frame after another, each made of the one before."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.media.clip import Clip
from reimagine.stages.continuation.rollout import carried
from reimagine.stages.continuation.training_frames import small

from .net import SIDE, UNet256


class Dreaming:
    """See `rollout.Dreamer`. Batch norm takes each picture's own statistics, and dropout stays on, as
    published: it is all the chance there is."""

    def __init__(self, clip: Clip, weights: Path, seed: int, device: str) -> None:
        self.net: UNet256 = zoo.load(str(weights), UNet256, device).train()
        self.device = device
        last = clip.last
        self.size = carried(last.width, last.height)
        self.last = small(last.image, (SIDE, SIDE)).astype(np.float32)
        torch.manual_seed(seed)

    @torch.inference_mode()
    def step(self) -> np.ndarray:
        """The next picture, (H, W, 3) uint8."""
        x = torch.from_numpy(self.last / np.float32(127.5) - 1).to(self.device).permute(2, 0, 1)[None]
        self.last = ((self.net(x)[0].permute(1, 2, 0).cpu().numpy() + 1) * 127.5).astype(np.float32)
        large = cv2.resize(self.last, self.size, interpolation=cv2.INTER_CUBIC)
        return np.clip(large + 0.5, 0, 255).astype(np.uint8)

    def state(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on."""
        return {"last": self.last, "chance": torch.get_rng_state().numpy()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.last = state["last"]
        torch.set_rng_state(torch.from_numpy(state["chance"]))
