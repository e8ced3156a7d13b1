"""Autoregressive prediction at the size of the film: the network's flows and weights are enlarged, not its images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.media.motion import warp_backward
from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import Frame
from reimagine.stages.continuation.random_state import private_generators
from reimagine.stages.continuation.rollout import rollout_size
from reimagine.stages.continuation.training_frames import TrainingFrames, resize_by_area
from reimagine.zoo.device import half_precision

from .exemplars import ExemplarBank, align, descriptor, mean_gradient
from .freezing import FreezeDetector
from .net import NetInput, NextFrameNet, Prediction
from .playback import ExemplarPlayback

WEIGHT_POWER = 1.5
"""Exponent of the candidates' weights. Above 1 it favours the largest: a plain sum shows double edges."""
DRIFT_DISTANCE = (1.0, 2.5)
"""Distance of the last image from the exemplar, in typical distances of the film, at which correction starts, and at
which it is full."""
DRIFT_SHARPNESS = (0.85, 0.5)
"""The same for the mean gradient of the last image, as a fraction of the exemplar's: a rollout tends to blur."""
MAX_CORRECTION = 0.15
"""Weight that the exemplar has at least when correction is full."""
DISSOLVE_STEPS = 10
"""Steps of the dissolve from a frozen image to another moment of the film, at most."""


class RecallPredictor:
    """A `NextFramePredictor`. Images are RGB (H, W, 3) float32, 0..255: rounding to uint8 would stop slow changes.

    Args:
        frames: the film's training frames.
        clip: the rollout starts from its last frame; exemplars are read from it at full size.
        weights: of `NextFrameNet`, a name or a path.
        seed: of the noise and of the choice of exemplars.
    """

    def __init__(self, frames: TrainingFrames, clip: Clip, weights: str, seed: int, device: str) -> None:
        with private_generators(device):
            net = zoo.load(weights, NextFrameNet, device)
        self.net: NextFrameNet = net.to(memory_format=torch.channels_last)
        self.frames, self.bank, self.clip, self.device = frames, ExemplarBank(frames), clip, device
        self.typical_distance = self.bank.typical_distance()
        self.rng = np.random.default_rng(seed)
        self.playback = ExemplarPlayback(self.bank, frames.remaining_steps(), self.rng)
        self.freezing = FreezeDetector(self.bank, float(clip.rate) / frames.stride)
        self.dissolve = self.dissolve_steps = 0
        first = max(clip.shots[-1].start, clip.frames - 1 - frames.stride)
        ending = list(clip.read(first, clip.frames))
        self.size = rollout_size(ending[-1].width, ending[-1].height)
        self.previous, self.last = (self._resized(f.image) for f in (ending[0], ending[-1]))
        self.small = self._small_pair()
        self.reader: Iterator[Frame] = iter(())
        self._select_exemplar()

    def step(self) -> np.ndarray:
        index = self.playback.index
        exemplar = self._read_exemplar(index + 1)
        prediction = self._predict(index, resize_by_area(exemplar, self.frames.size))
        self.previous, self.last = self.last, self._compose(prediction, exemplar)
        self.small = self.small[1], resize_by_area(self.last, self.frames.size)
        self.dissolve = max(0, self.dissolve - 1)
        if self.freezing.add(*self.small):
            self._leave_frozen_image()
        elif not self.playback.advance():
            self._select_exemplar()
        return np.clip(self.last + 0.5, 0, 255).astype(np.uint8)

    def state(self) -> Mapping[str, np.ndarray]:
        return {
            "previous": self.previous,
            "last": self.last,
            "penalties": self.playback.penalties,
            "playback": np.array([self.playback.index, self.playback.steps_left]),
            "dissolve": np.array([self.dissolve, self.dissolve_steps]),
            "recent": self.freezing.recent,
            "generator": np.array(json.dumps(self.rng.bit_generator.state)),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.previous, self.last, self.playback.penalties = state["previous"], state["last"], state["penalties"]
        self.playback.index, self.playback.steps_left = map(int, state["playback"])
        self.dissolve, self.dissolve_steps = map(int, state["dissolve"])
        self.freezing.recent = state["recent"]
        self.rng.bit_generator.state = json.loads(str(state["generator"]))
        self.small = self._small_pair()
        self._open_reader(self.playback.index + 1)

    @torch.inference_mode()
    def _predict(self, index: int, exemplar: np.ndarray) -> Any:
        """The network's `Prediction` at its own size, as arrays (h, w, channels) float32."""
        previous, last = self.small
        motion, alignment, confidence = align(np.clip(last + 0.5, 0, 255).astype(np.uint8), self.bank, index)
        noise = self.rng.standard_normal(confidence.shape, np.float32)
        inputs = NetInput(
            *(self._tensor(x / np.float32(255)) for x in (last, previous, exemplar)),
            *(self._tensor(x) for x in (motion, alignment, confidence, noise)),
        )
        with half_precision(self.device):
            prediction = self.net(inputs)
        return Prediction(*(x[0].float().permute(1, 2, 0).cpu().numpy() for x in prediction))

    def _compose(self, prediction: Any, exemplar: np.ndarray) -> np.ndarray:
        """The next image at the rollout's size: the images that are warped keep their detail."""
        scale = np.array([a / b for a, b in zip(self.size, self.frames.size, strict=True)], np.float32)
        motion, alignment, weights, synthesized = (cv2.resize(x, self.size) for x in prediction)
        candidates = (
            warp_backward(self.last, motion * scale, cv2.INTER_CUBIC),
            warp_backward(exemplar, alignment * scale, cv2.INTER_CUBIC),
            exemplar,
            synthesized * 255,
        )
        correction = max(self._drift_correction(), self._dissolve_weight())
        weights = weights**WEIGHT_POWER
        weights *= (1 - correction) / weights.sum(2, keepdims=True)
        weights[..., 2] += correction
        image = sum(weights[..., n, None] * candidate for n, candidate in enumerate(candidates))
        return np.clip(image, 0, 255).astype(np.float32)

    def _drift_correction(self) -> float:
        """Weight that the exemplar gets at least, 0 to `MAX_CORRECTION`, so that the rollout stays near the film."""
        image, exemplar = np.clip(self.small[1], 0, 255).astype(np.uint8), self.bank.frames[self.playback.index]
        distance = np.abs(descriptor(image) - descriptor(exemplar)).mean() / self.typical_distance
        sharpness = mean_gradient(image) / max(mean_gradient(exemplar), 1e-3)
        return MAX_CORRECTION * max(_ramp(distance, *DRIFT_DISTANCE), _ramp(sharpness, *DRIFT_SHARPNESS))

    def _select_exemplar(self) -> None:
        """Select another exemplar of the film, and read its frames from there on."""
        previous, last = (descriptor(x) for x in self.small)
        self.playback.select(last, last - previous)
        self._open_reader(self.playback.index + 1)

    def _leave_frozen_image(self) -> None:
        """Begin a dissolve to a moment of the film that moves.

        Selecting by motion as well would find moments without motion, like the frozen image, again and again.
        """
        self.playback.select_moving(descriptor(self.small[1]))
        self.dissolve = self.dissolve_steps = min(DISSOLVE_STEPS, self.playback.steps_left)
        self._open_reader(self.playback.index + 1)

    def _dissolve_weight(self) -> float:
        """Weight of the exemplar in a dissolve: 1 in its last step, 0 without one."""
        return 1 - (self.dissolve - 1) / self.dissolve_steps if self.dissolve else 0.0

    def _open_reader(self, index: int) -> None:
        numbers = self.frames.numbers
        stop = min(index + self.playback.steps_left, len(self.bank) - 1)
        self.reader = self.clip.read(int(numbers[index]), int(numbers[stop]) + 1)

    def _read_exemplar(self, index: int) -> np.ndarray:
        """A frame of the bank from the film, at the rollout's size. Indices must increase."""
        number = int(self.frames.numbers[index])
        return self._resized(next(f for f in self.reader if f.index == number).image)

    def _small_pair(self) -> tuple[np.ndarray, np.ndarray]:
        """The last two images at the network's size."""
        size = self.frames.size
        return resize_by_area(self.previous, size), resize_by_area(self.last, size)

    def _resized(self, image: np.ndarray) -> np.ndarray:
        return cv2.resize(image, self.size, interpolation=cv2.INTER_AREA).astype(np.float32)

    def _tensor(self, x: np.ndarray) -> torch.Tensor:
        """(h, w[, C]) -> (1, C, h, w)."""
        x = x[..., None] if x.ndim == 2 else x
        return torch.from_numpy(x).to(self.device).permute(2, 0, 1)[None]


def _ramp(value: float, start: float, end: float) -> float:
    """0 at `start` and before it, 1 at `end` and beyond it, linear between."""
    return float(np.clip((value - start) / (end - start), 0, 1))
