"""Exemplar playback: consecutive frames of the film are exemplars, starting from one that resembles the last image.

After some steps, playback jumps to another similar frame.
"""

from __future__ import annotations

import numpy as np

from .exemplars import MIN_SEPARATION, ExemplarBank
from .freezing import moving_frames

PLAYBACK_STEPS = (12, 40)
"""Consecutive exemplars played before playback jumps to another frame: least and most, in steps."""
CANDIDATES = 4
"""The next exemplar is drawn from this many of the nearest ones."""
PENALTY_DECAY = 0.7
"""Factor on all penalties at each selection, so that exemplars become available again."""
PENALTY = 0.5
"""Relative increase of the distance of exemplars that have just been selected."""
NO_FRAME = -(10**6)
"""An index far from all frames: as `exclude` it excludes none."""


class ExemplarPlayback:
    """The position in an exemplar bank. It advances frame by frame until another frame is selected.

    Attributes:
        index: the frame of the bank that resembles the last image.
        steps_left: steps until another frame is selected.
        penalties: (n,) float32, relative increase of each frame's distance because it was used recently.

    Args:
        remaining_steps: (n,) int, the steps that can follow each frame of the bank; 0 excludes a frame.
        length: see `PLAYBACK_STEPS`.
        candidates: see `CANDIDATES`.
    """

    def __init__(
        self,
        bank: ExemplarBank,
        remaining_steps: np.ndarray,
        rng: np.random.Generator,
        length: tuple[int, int] = PLAYBACK_STEPS,
        candidates: int = CANDIDATES,
    ) -> None:
        self.bank, self.remaining_steps, self.rng = bank, remaining_steps, rng
        self.length, self.candidates = length, candidates
        self.index = self.steps_left = -1
        self.penalties = np.zeros(len(bank), np.float32)
        self.moving = moving_frames(bank, remaining_steps)

    def select(self, query: np.ndarray, change: np.ndarray, exclude: int = NO_FRAME) -> None:
        """Jump to a frame that resembles a descriptor and its change.

        Frames near the current index are avoided, and so are frames near the index `exclude`.
        """
        distances = self.bank.distances(query, change) * (1 + self.penalties)
        numbers = np.arange(len(self.bank))
        near = np.abs(numbers - exclude) < MIN_SEPARATION
        near |= np.abs(numbers - self.index) < MIN_SEPARATION // 2
        self._jump(distances, ~near)

    def select_moving(self, query: np.ndarray) -> None:
        """Jump to a frame that resembles a descriptor and is followed by motion, away from the current frame."""
        distances = np.abs(self.bank.descriptors - query).mean(1) * (1 + self.penalties)
        far = np.abs(np.arange(len(self.bank)) - self.index) >= MIN_SEPARATION
        self._jump(distances, self.moving & far if (self.moving & far).any() else self.moving)

    def _jump(self, distances: np.ndarray, wanted: np.ndarray) -> None:
        """Jump to one of the nearest frames among those that are wanted, as far as enough steps can follow them."""
        least = min(self.length[0], int(self.remaining_steps.max()) // 2)
        allowed = (self.remaining_steps >= max(1, least)) & wanted
        allowed = allowed if allowed.any() else self.remaining_steps > 0
        nearest = np.argsort(np.where(allowed, distances, np.inf))[: min(self.candidates, int(allowed.sum()))]
        self.index = int(self.rng.choice(nearest))
        steps = int(self.rng.integers(*self.length, endpoint=True))
        self.steps_left = min(int(self.remaining_steps[self.index]), steps)
        self.penalties *= PENALTY_DECAY
        self.penalties[max(0, self.index - MIN_SEPARATION) : self.index + self.steps_left] += PENALTY

    def advance(self) -> bool:
        """Move to the next frame. False if another frame must be selected now."""
        self.index, self.steps_left = self.index + 1, self.steps_left - 1
        return self.steps_left > 0
