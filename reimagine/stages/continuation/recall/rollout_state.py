"""Rollout state in training, and the errors of a rollout simulated on film frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from reimagine.media.motion import warp_backward
from reimagine.stages.continuation.training_frames import TrainingFrames

from .exemplars import ExemplarBank
from .playback import ExemplarPlayback

TARGET_EXEMPLAR_PROBABILITY = 0.3
"""Probability that playback starts at the target's own position, so that exemplars that match are learned as well."""
PLAYBACK_STEPS = (2, 30)
"""As `playback.PLAYBACK_STEPS`, but fewer steps, because a training rollout is short."""
CANDIDATES = 6
"""As `playback.CANDIDATES`, but more of them, so that training sees more exemplars."""


def flip_horizontally(frames: TrainingFrames) -> TrainingFrames:
    """Mirrored training frames."""
    return replace(frames, frames=np.ascontiguousarray(frames.frames[:, :, ::-1]))


class RolloutState:
    """One rollout in training: its last two images, the frames of the film that are its targets, and the playback.

    Attributes:
        index: the frame of the bank that `last` should look like.
        steps_left: steps for which there are targets.
        last, previous: (h, w, 3) float32 in 0..1.

    Args:
        remaining_steps: (n,) int, the steps that a rollout may take from each frame of the bank.
        playback_steps: (n,) int, the same for the playback.
    """

    def __init__(
        self,
        bank: ExemplarBank,
        remaining_steps: np.ndarray,
        playback_steps: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.bank, self.remaining_steps, self.rng = bank, remaining_steps, rng
        self.playback = ExemplarPlayback(bank, playback_steps, rng, PLAYBACK_STEPS, CANDIDATES)
        self.index = self.steps_left = 0
        self.last = self.previous = np.zeros((0, 0, 3), np.float32)

    def start(self, steps: int, error_probability: float) -> None:
        """Start at a frame from which at least `steps` steps are possible, with simulated errors or without."""
        choices = np.flatnonzero(
            (self.remaining_steps >= steps) & (np.roll(self.remaining_steps, 1) == self.remaining_steps + 1)
        )
        self.index = int(self.rng.choice(choices))
        self.steps_left = int(self.remaining_steps[self.index])
        self.previous, self.last = (self.frame(self.index + k) for k in (-1, 0))
        if self.rng.random() < error_probability:
            other = self.frame(int(self.rng.choice(choices)))
            self.previous, self.last = simulate_errors([self.previous, self.last], other, self.rng)
        self._select_exemplar()

    def frame(self, index: int) -> np.ndarray:
        """A frame of the bank, (h, w, 3) float32 in 0..1."""
        return self.bank.frames[index].astype(np.float32) / 255

    def advance(self) -> None:
        """Move to the next target."""
        self.index, self.steps_left = self.index + 1, self.steps_left - 1
        if not self.playback.advance():
            self._select_exemplar()

    def _select_exemplar(self) -> None:
        """Select an exemplar from another time of the film; sometimes at the target's own position."""
        query = self.bank.descriptors[self.index]
        self.playback.select(query, query - self.bank.descriptors[self.index - 1], self.index)
        if self.rng.random() < TARGET_EXEMPLAR_PROBABILITY and (steps := self.playback.remaining_steps[self.index]):
            self.playback.index = self.index
            self.playback.steps_left = min(self.playback.steps_left, int(steps))


def simulate_errors(images: list[np.ndarray], other: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Simulate the errors that accumulate in a rollout, the same in all images, in random regions.

    One of: blur, distortion, a blend with another frame, a change of brightness and colour, grain.

    Args:
        images: (h, w, 3) float32 in 0..1.
        other: another frame of the film, same shape.
    """
    mask, error = random_error(other, rng)
    return [np.clip(x + mask * (error(x) - x), 0, 1).astype(np.float32) for x in images]


def random_error(other: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """A mask (h, w, 1) float32 in 0..1 of random regions, and one of the errors with random strength."""
    h, w = other.shape[:2]
    mask = cv2.resize(rng.random((4, 6), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    mask = np.clip((mask - rng.uniform(0.3, 0.7)) * 6, 0, 1)[..., None]
    flow = rng.normal(0, rng.uniform(1, 6), (5, 7, 2)).astype(np.float32)
    flow = cv2.resize(flow, (w, h), interpolation=cv2.INTER_CUBIC)
    sigma, kind, share = rng.uniform(0.5, 2.5), rng.integers(5), rng.uniform(0.3, 1)
    gain = rng.uniform(0.9, 1.1, 3).astype(np.float32)
    grain = rng.normal(0, rng.uniform(0.005, 0.04), other.shape).astype(np.float32)
    errors: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
        lambda x: cv2.GaussianBlur(x, (0, 0), sigma),
        lambda x: warp_backward(x, flow),
        lambda x: x + share * (other - x),
        lambda x: x * gain,
        lambda x: x + grain,
    )
    return mask, errors[kind]
