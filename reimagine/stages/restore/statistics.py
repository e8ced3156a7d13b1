"""Measurements of a film's damage, added up frame by frame, and their summary for `report.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reimagine.stages.contract import Counts

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media.video.frames import Frame, Shot

# The names of the counts are stored in the `step.json` of existing runs.
FRAMES = "frames looked at"
"""Number of measured frames."""
NEGATIVE = "frames of a negative"
"""Number of frames of a negative."""
FADED = "frames of a faded print"
"""Number of frames of a faded print."""
LOST = "share lost, summed"
"""Share of a frame's pixels that are hidden by damage, 0..1, summed over the frames."""
FILLED = "share filled from around, summed"
"""Share of a frame's pixels that were filled from its neighbours, 0..1, summed over the frames."""
SCRATCHES = "scratches, summed"
"""Number of vertical scratches, summed over the frames."""
NOISE = "noise, summed"
"""Standard deviation of the grain in grey levels (0..255), summed over the frames."""
LARGE_LOSSES = "frames with large losses"
"""Number of frames with losses over a part of the picture that were filled from the frames around."""
FLICKER = "flicker, summed"
"""Flicker of a frame's mean luma in grey levels (0..255), summed over the frames."""

COUNT_NAMES = (FRAMES, NEGATIVE, FADED, LOST, FILLED, SCRATCHES, NOISE, FLICKER, LARGE_LOSSES)
"""All counts of a restoration."""

MIN_SCRATCH_HEIGHT = 0.4
"""Share of a column's height that must be lost for the column to count as a scratch."""


class RestorationStatistics:
    """Adds the measurements of one part's frames to its counts.

    Flicker is measured as the absolute difference between a frame's mean luma and the average of its two neighbours'
    means, in the same shot: motion and fades are slower than that.

    Args:
        counts: the totals to add to; None measures without keeping the result.
    """

    def __init__(self, counts: Counts | None) -> None:
        self.counts = Counts() if counts is None else counts
        self._means: list[float] = []
        self._shot: Shot | None = None

    def add(self, frame: Frame, lost: np.ndarray, filled: float = 0.0, kind: str = "print") -> None:
        """Measure one frame. Frames must come in order.

        Args:
            frame: the frame before restoration.
            lost: (H, W) bool, the pixels hidden by damage.
            filled: share of the pixels that were filled from neighbouring frames, 0..1.
            kind: "print", "faded" or "negative".
        """
        from reimagine.media.images.grain import estimate_grain

        self.counts.add(FRAMES)
        self.counts.add(NEGATIVE, int(kind == "negative"))
        self.counts.add(FADED, int(kind == "faded"))
        self.counts.add(NOISE, estimate_grain(frame.grey))
        self.counts.add(FLICKER, self._flicker(frame))
        if lost.any():
            self.counts.add(LOST, float(lost.mean()))
            self.counts.add(FILLED, filled)
            scratched = lost.mean(0) > MIN_SCRATCH_HEIGHT
            self.counts.add(SCRATCHES, int((scratched[1:] & ~scratched[:-1]).sum()))

    def _flicker(self, frame: Frame) -> float:
        """The flicker of the frame before this one; 0 for the first two frames of a shot."""
        if frame.shot != self._shot:
            self._shot, self._means = frame.shot, []
        self._means = [*self._means[-2:], float(frame.grey[::4, ::4].mean())]
        if len(self._means) < 3:
            return 0.0
        previous, current, following = self._means
        return abs(current - (previous + following) / 2)


def summarize(counts: Mapping[str, float]) -> dict[str, float | bool]:
    """The kind of film, and the means over the measured frames; empty if no frame was measured."""
    frames = counts.get(FRAMES, 0)
    if not frames:
        return {}
    lost = counts.get(LOST, 0.0)
    return {
        "negative": counts.get(NEGATIVE, 0) > frames / 2,
        "faded": counts.get(FADED, 0) > frames / 2,
        "lost_percent": round(100 * lost / frames, 3),
        "filled_from_frames_around_percent": round(100 * counts.get(FILLED, 0.0) / lost, 1) if lost else 0.0,
        "scratches_a_frame": round(counts.get(SCRATCHES, 0) / frames, 2),
        "frames_with_large_losses": round(counts.get(LARGE_LOSSES, 0.0)),
        "noise": round(counts.get(NOISE, 0.0) / frames, 2),
        "flicker": round(counts.get(FLICKER, 0.0) / frames, 2),
    }
