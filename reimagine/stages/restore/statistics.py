"""What a restorer found, counted frame by frame: `report.json` makes sentences of it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from reimagine.media.frames import Frame, Shot
from reimagine.media.grain import estimate_grain

FRAMES, NEGATIVE, FADED, LOST, FILLED, SCRATCHES, NOISE, FLICKER = COUNT_NAMES = (
    "frames looked at",
    "frames of a negative",
    "frames of a faded print",
    "share lost, summed",
    "share filled from around, summed",
    "scratches, summed",
    "noise, summed",
    "flicker, summed",
)
TALL = 0.4
"""A column lost over this share of the height is a scratch."""


class RestorationStatistics:
    """Adds up what is found.

    Flicker is how far a frame's mean luma lies from the middle of its neighbours' (0..255): motion and fades
    are slower than that.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.means: list[float] = []
        self.shot: Shot | None = None

    def add(self, frame: Frame, lost: np.ndarray, filled: float = 0.0, kind: str = "print") -> None:
        """A frame as it came, and where it is lost, (H, W) bool; how much of that came from others, and
        whether the film is a print, faded or a negative."""
        self.counts[FRAMES] += 1
        self.counts[NEGATIVE] += int(kind == "negative")
        self.counts[FADED] += int(kind == "faded")
        self.counts[NOISE] += estimate_grain(frame.grey)
        self.counts[FLICKER] += self.flicker(frame)
        if lost.any():
            self.counts[LOST] += float(lost.mean())
            self.counts[FILLED] += filled
            tall = lost.mean(0) > TALL
            self.counts[SCRATCHES] += int((tall[1:] & ~tall[:-1]).sum())

    def flicker(self, frame: Frame) -> float:
        if frame.shot != self.shot:
            self.shot, self.means = frame.shot, []
        self.means = [*self.means[-2:], float(frame.grey[::4, ::4].mean())]
        if len(self.means) < 3:
            return 0.0
        before, here, after = self.means
        return abs(here - (before + after) / 2)


def summarize(counts: dict[str, float]) -> dict[str, float | bool]:
    """Counts as facts: whether it is a negative, and means over the frames."""
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
        "noise": round(counts.get(NOISE, 0.0) / frames, 2),
        "flicker": round(counts.get(FLICKER, 0.0) / frames, 2),
    }
