"""Detection of a rollout that stands still although the film moves."""

from __future__ import annotations

import numpy as np

from .exemplars import ExemplarBank, descriptor

FROZEN_SHARE = 0.1
"""A rollout is frozen if it shows less than this share of the film's motion ..."""
FROZEN_SECONDS = 1.0
"""... for this long."""
MOVING_STEPS = 12
"""Steps over which the motion that follows a frame is averaged."""


class FreezeDetector:
    """Compares the motion of a rollout with the film's, both between reduced images, in which grain averages out.

    Attributes:
        recent: mean absolute changes of the last steps, at most `steps` of them, of 255.

    Args:
        bank: the frames of the film.
        steps_per_second: steps of the rollout per second.
    """

    def __init__(self, bank: ExemplarBank, steps_per_second: float) -> None:
        self.typical = float(np.abs(bank.changes).mean())
        self.steps = max(2, round(FROZEN_SECONDS * steps_per_second))
        self.recent = np.zeros(0, np.float32)

    def add(self, previous: np.ndarray, last: np.ndarray) -> bool:
        """Add a step between two images, (h, w, 3); True if the rollout is frozen, after which counting starts anew."""
        change = np.abs(descriptor(last) - descriptor(previous)).mean()
        self.recent = np.append(self.recent, np.float32(change))[-self.steps :]
        if len(self.recent) < self.steps or self.recent.mean() >= FROZEN_SHARE * self.typical:
            return False
        self.recent = np.zeros(0, np.float32)
        return True


def moving_frames(bank: ExemplarBank, remaining_steps: np.ndarray) -> np.ndarray:
    """Which frames of the bank are followed by motion like the film's, or by its strongest motion: (n,) bool."""
    motion = np.abs(bank.changes).mean(1)
    following = np.array([motion[n : n + max(1, min(MOVING_STEPS, s))].mean() for n, s in enumerate(remaining_steps)])
    usable = following[remaining_steps > 0]
    least = min(float(motion.mean()), float(np.percentile(usable, 75)) if len(usable) else 0.0)
    return (following >= least) & (remaining_steps > 0)
