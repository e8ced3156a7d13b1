"""Cuts and fades: PySceneDetect's detectors on luma, fed while the film is opened."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from reimagine.media.frames import Shot

if TYPE_CHECKING:
    import numpy as np


VIEW, APART, BACK, ALIKE = (24, 18), 8, 120, 0.85
"""Shots are compared by pictures of this size, one in so many frames, of the last so many of them;
above this correlation (dark and even pictures count less) they show the same view."""


class CutDetector:
    """Show it every frame's luma in order; then ask for the shots.

    Hard cuts: `AdaptiveDetector` on luma alone (black-and-white film has no hue to weigh, and
    flicker lifts a whole neighbourhood, which the rolling average forgives). Fades through black:
    `ThresholdDetector`.
    """

    WIDTH = 160

    def __init__(self) -> None:
        from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

        self.detectors = [
            AdaptiveDetector(adaptive_threshold=3.0, min_content_val=12.0, min_scene_len=8, luma_only=True),
            ThresholdDetector(threshold=10, min_scene_len=8, fade_bias=0.0),
        ]
        self.cuts: set[int] = set()
        self.views: dict[int, np.ndarray] = {}
        self.seen = 0

    def __call__(self, number: int, luma: np.ndarray) -> None:
        import cv2
        from scenedetect import FrameTimecode

        height = max(8, round(luma.shape[0] * self.WIDTH / luma.shape[1]))
        small = cv2.resize(luma, (self.WIDTH, height), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
        now = FrameTimecode(number, 25.0)  # the detectors count frames; the rate plays no part
        for detector in self.detectors:
            self.cuts.update(c.frame_num for c in detector.process_frame(now, grey))
        if number % APART == 0:
            self.views[number] = cv2.resize(small, VIEW, interpolation=cv2.INTER_AREA)
        self.seen = number + 1

    def shots(self, frames: int) -> list[Shot]:
        """Ranges that cover 0..frames without a gap."""
        from scenedetect import FrameTimecode

        if self.seen:
            for detector in self.detectors:
                ends = detector.post_process(FrameTimecode(self.seen - 1, 25.0))
                self.cuts.update(c.frame_num for c in ends)
        edges = [0, *sorted(c for c in self.cuts if 0 < c < frames), frames]
        return link_similar_shots([Shot(a, b) for a, b in pairwise(edges) if b > a], self.views)


def link_similar_shots(shots: list[Shot], views: dict[int, np.ndarray]) -> list[Shot]:
    """Shots told which frame of an earlier one they take up again: the same camera, a moment
    later. `views` are small lumas by frame number."""
    known: list[tuple[int, np.ndarray]] = []
    told: list[Shot] = []
    for shot in shots:
        mine = {n: _outline(v) for n, v in views.items() if shot.start <= n < shot.stop}
        pairs = ((float((a * b).sum()), n) for n, a in known[-BACK:] for b in mine.values())
        score, number = max(pairs, default=(0.0, 0))
        if score > ALIKE:
            told.append(shot._replace(similar_frame=number))
        else:
            told.append(shot)
            known += mine.items()
    return told


def _outline(view: np.ndarray) -> np.ndarray:
    """A view without its mean and contrast; nothing at all if there is hardly anything to see."""
    import numpy as np

    outline = view.astype(np.float32) - view.mean()
    return outline / max(np.linalg.norm(outline), 12 * np.sqrt(outline.size))


def trim_shots(shots: list[Shot], first: int, frames: int) -> list[Shot]:
    """The shots of a film that starts at frame `first` of its source."""

    def moved(shot: Shot) -> Shot:
        like = None if shot.similar_frame is None or shot.similar_frame < first else shot.similar_frame - first
        return Shot(max(0, shot.start - first), min(frames, shot.stop - first), like)

    return [s for s in map(moved, shots) if s.stop > s.start]
