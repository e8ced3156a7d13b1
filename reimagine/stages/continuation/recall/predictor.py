"""One step after another, as large as the film: what the network says small is done large."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.media.clip import Clip
from reimagine.media.motion.flow import warp_backward
from reimagine.stages.continuation.rollout import carried
from reimagine.stages.continuation.training_frames import TrainingFrames, small
from reimagine.zoo.device import bfloat16_is_fast

from .data import Memory, Walk, detail, gist, guess
from .net import NetInput, NextFrameNet, Prediction

SURE = 1.5
"""What the network is not sure of, it would show as two ghosts: the greater share is made greater."""
LOST, SOFT, PULL = (1.0, 2.5), (0.85, 0.5), 0.15
"""A dream begins to be lost, and is, when it is so many times further from the moment it follows than moments
of the film are from each other, or has so little of that moment's detail; then so much of what is recalled
shows through in each step, until the dream is found again."""


class Dreaming:
    """See `rollout.Dreamer`. Pictures are float32 RGB (H, W, 3), 0..255, until they are given away: a slow
    change would be lost in steps of 1/255."""

    def __init__(self, moments: TrainingFrames, clip: Clip, weights: str, seed: int, device: str) -> None:
        self.net: NextFrameNet = zoo.load(weights, NextFrameNet, device).to(memory_format=torch.channels_last)
        self.moments, self.memory, self.clip, self.device = moments, Memory(moments), clip, device
        self.half, self.usual = bfloat16_is_fast(device), self.memory.usual()
        self.rng = np.random.default_rng(seed)
        self.walk = Walk(self.memory, moments.room(), self.rng)
        first = max(clip.shots[-1].start, clip.frames - 1 - moments.every)
        frames = list(clip.read(first, clip.frames))
        self.size = carried(frames[-1].width, frames[-1].height)
        self.before, self.last = (self._large(f.image) for f in (frames[0], frames[-1]))
        self.low = tuple(small(x, moments.size) for x in (self.before, self.last))
        self.reel: Iterator = iter(())
        self._look()

    def step(self) -> np.ndarray:
        """The next picture, (H, W, 3) uint8."""
        place = self.walk.place
        recalled = self._recalled(place + 1)
        dream = self._ask(place, small(recalled, self.moments.size))
        self.before, self.last = self.last, self._done(dream, recalled)
        self.low = self.low[1], small(self.last, self.moments.size)
        if not self.walk.go_on():
            self._look()
        return np.clip(self.last + 0.5, 0, 255).astype(np.uint8)

    @torch.inference_mode()
    def _ask(self, place: int, recalled: np.ndarray) -> Prediction:
        before, last = self.low
        motion, where, trust = guess(np.clip(last + 0.5, 0, 255).astype(np.uint8), self.memory, place)
        noise = self.rng.standard_normal(trust.shape, np.float32)
        scene = NetInput(
            *(self._tensor(x / np.float32(255)) for x in (last, before, recalled)),
            *(self._tensor(x) for x in (motion, where, trust, noise)),
        )
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.half):
            dream = self.net(scene)
        return Prediction(*(x[0].float().permute(1, 2, 0).cpu().numpy() for x in dream))

    def _done(self, dream: Prediction, recalled: np.ndarray) -> np.ndarray:
        """The dream's picture, made of large ones: what is carried and recalled keeps its detail."""
        scale = np.float32([a / b for a, b in zip(self.size, self.moments.size, strict=True)])
        motion, place, shares, painted = (cv2.resize(x, self.size) for x in dream)
        kinds = (
            warp_backward(self.last, motion * scale, cv2.INTER_CUBIC),
            warp_backward(recalled, place * scale, cv2.INTER_CUBIC),
            recalled,
            painted * 255,
        )
        shares = shares**SURE
        shares *= (1 - self.pull) / shares.sum(2, keepdims=True)
        shares[..., 2] += self.pull
        made = sum(shares[..., n, None] * kind for n, kind in enumerate(kinds))
        return np.clip(made, 0, 255).astype(np.float32)

    @property
    def pull(self) -> float:
        """How much of the recalled picture has to show through: nothing else leads back to the film."""
        here, there = np.clip(self.low[1], 0, 255).astype(np.uint8), self.memory.frames[self.walk.place]
        far = np.abs(gist(here) - gist(there)).mean() / self.usual
        clear = detail(here) / max(detail(there), 1e-3)
        return PULL * max(_between(far, *LOST), _between(clear, *SOFT))

    def _look(self) -> None:
        """Recall another moment of the film, and have its frames read from there on."""
        before, last = (gist(x) for x in self.low)
        self.walk.look(last, last - before)
        self._wind(self.walk.place + 1)

    def _wind(self, place: int) -> None:
        numbers = self.moments.numbers
        stop = min(place + self.walk.left, len(self.memory) - 1)
        self.reel = self.clip.read(int(numbers[place]), int(numbers[stop]) + 1)

    def _recalled(self, place: int) -> np.ndarray:
        wanted = int(self.moments.numbers[place])
        return self._large(next(f for f in self.reel if f.index == wanted).image)

    def _large(self, image: np.ndarray) -> np.ndarray:
        return cv2.resize(image, self.size, interpolation=cv2.INTER_AREA).astype(np.float32)

    def _tensor(self, x: np.ndarray) -> torch.Tensor:
        x = x[..., None] if x.ndim == 2 else x
        return torch.from_numpy(x).to(self.device).permute(2, 0, 1)[None]

    def state(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on."""
        import json

        return {
            "before": self.before,
            "last": self.last,
            "worn": self.walk.worn,
            "walk": np.array([self.walk.place, self.walk.left]),
            "chance": np.array(json.dumps(self.rng.bit_generator.state)),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        import json

        self.before, self.last, self.walk.worn = state["before"], state["last"], state["worn"]
        self.walk.place, self.walk.left = map(int, state["walk"])
        self.rng.bit_generator.state = json.loads(str(state["chance"]))
        self.low = tuple(small(x, self.moments.size) for x in (self.before, self.last))
        self._wind(self.walk.place + 1)


def _between(value: float, least: float, most: float) -> float:
    """0 at `least` and before it, 1 at `most` and beyond."""
    return float(np.clip((value - least) / (most - least), 0, 1))
