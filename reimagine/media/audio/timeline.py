"""Placement of decoded sound at its times: silence in gaps, and a common start with the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame

MIN_GAP = 0.1
"""Seconds: smaller differences of timestamps are rounding or jitter, and do not interrupt the sound."""
MAX_GAP = 4 * 3600
"""Seconds: a timestamp that is later by more is damage, and is ignored."""


class SoundTimeline:
    """Finds where decoded frames of sound belong, in samples since a time on the container's clock.

    Args:
        rate: samples per second.
        zero: seconds on the container's clock; None for the time of the first sample.
    """

    def __init__(self, rate: int, zero: float | None) -> None:
        self.rate, self.zero = rate, zero
        self.position: int | None = None

    def missing(self, frame: AudioFrame) -> int:
        """Samples of silence to put before a frame; negative: samples to leave out at its start.

        To be called with every frame, in order.
        """
        expected = self.position or 0
        start = expected
        if frame.time is not None:
            if self.zero is None:
                self.zero = frame.time
            target = round((frame.time - self.zero) * self.rate)
            gap = target - expected
            if abs(gap) <= MAX_GAP * self.rate and (self.position is None or gap >= MIN_GAP * self.rate):
                start = target
        self.position = start + frame.samples
        return start if start < 0 else start - max(expected, 0)

    def placed(self, block: np.ndarray, missing: int) -> np.ndarray:
        """A block of samples (channels, n) with silence before it, or without its first samples; see `missing`."""
        import numpy as np

        if missing > 0:
            return np.pad(block, ((0, 0), (missing, 0)))
        return block[:, -missing:] if missing < 0 else block
