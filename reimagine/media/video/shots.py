"""Detection of cuts and fades with PySceneDetect, and linking of shots that show the same view."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from reimagine.media.video.frames import Shot

if TYPE_CHECKING:
    import numpy as np
    from scenedetect.detector import SceneDetector


CUT_THRESHOLD = 3.0
"""Change of a frame relative to the mean change of its neighbours above which it is a cut."""
CUT_THRESHOLDS = (1.0, 100.0)
"""Lowest and highest threshold: 1 is the mean change itself, and no cut changes a frame 100 times as much."""
THUMBNAIL_SIZE = (24, 18)
"""Size (w, h) in pixels at which views are compared: it keeps the layout of a view, not its detail."""
THUMBNAIL_INTERVAL = 8
"""Frames between two thumbnails: a camera that moves slowly shows nearly the same view in between."""
MAX_THUMBNAILS = 120
"""Thumbnails of earlier shots that a shot is compared with, the latest ones: it bounds the time of a long film."""
MIN_SIMILARITY = 0.85
"""Normalized correlation above which two thumbnails show the same view."""
MIN_CONTRAST = 12
"""Standard deviation, in grey levels, below which a thumbnail counts less: dark and flat views all look alike."""


class CutDetector:
    """Detects cuts in a film. Call it with every frame's luma, in order; then call `shots`.

    Hard cuts are found by `AdaptiveDetector` on luma alone: black-and-white film has no hue, and the rolling average
    of the detector adapts to flicker. Fades through black are found by `ThresholdDetector`.

    Args:
        threshold: of hard cuts, see `CUT_THRESHOLD`; a lower one finds more.
    """

    WIDTH = 160
    """Width in pixels at which frames are analyzed."""

    def __init__(self, threshold: float = CUT_THRESHOLD) -> None:
        from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

        self.detectors: list[SceneDetector] = [
            AdaptiveDetector(adaptive_threshold=threshold, min_content_val=12.0, min_scene_len=8, luma_only=True),
            ThresholdDetector(threshold=10, min_scene_len=8, fade_bias=0.0),
        ]
        self.cuts: set[int] = set()
        self.thumbnails: dict[int, np.ndarray] = {}
        self.frames = 0

    def __call__(self, number: int, luma: np.ndarray) -> None:
        """Analyze the next frame: its number and its luma (H, W) uint8."""
        import cv2
        from scenedetect import FrameTimecode

        height = max(8, round(luma.shape[0] * self.WIDTH / luma.shape[1]))
        small = cv2.resize(luma, (self.WIDTH, height), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
        timecode = FrameTimecode(number, 25.0)  # the detectors count frames, so that any rate will do
        for detector in self.detectors:
            self.cuts.update(c.frame_num for c in detector.process_frame(timecode, grey))
        if number % THUMBNAIL_INTERVAL == 0:
            self.thumbnails[number] = cv2.resize(small, THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA)
        self.frames = number + 1

    def shots(self, frames: int) -> list[Shot]:
        """The shots of the film's `frames` frames, without gaps, linked by `link_similar_shots`."""
        from scenedetect import FrameTimecode

        if self.frames:
            for detector in self.detectors:
                cuts = detector.post_process(FrameTimecode(self.frames - 1, 25.0))
                self.cuts.update(c.frame_num for c in cuts)
        edges = [0, *sorted(c for c in self.cuts if 0 < c < frames), frames]
        return link_similar_shots([Shot(a, b) for a, b in pairwise(edges) if b > a], self.thumbnails)


def link_similar_shots(shots: list[Shot], thumbnails: dict[int, np.ndarray]) -> list[Shot]:
    """The shots with `similar_frame` set where an earlier shot shows the same view.

    Args:
        shots: in order.
        thumbnails: frame number -> (h, w) uint8 luma, of some frames of each shot.
    """
    earlier: list[tuple[int, np.ndarray]] = []
    linked: list[Shot] = []
    for shot in shots:
        own = {n: _normalized(t) for n, t in thumbnails.items() if shot.start <= n < shot.stop}
        pairs = ((float((a * b).sum()), n) for n, a in earlier[-MAX_THUMBNAILS:] for b in own.values())
        similarity, number = max(pairs, default=(0.0, 0))
        if similarity > MIN_SIMILARITY:
            linked.append(shot._replace(similar_frame=number))
        else:
            linked.append(shot)
            earlier += own.items()
    return linked


def _normalized(thumbnail: np.ndarray) -> np.ndarray:
    """A thumbnail with mean 0 and norm 1, or a smaller norm if its contrast is below `MIN_CONTRAST`: float32."""
    import numpy as np

    centred = thumbnail.astype(np.float32) - thumbnail.mean()
    return centred / max(np.linalg.norm(centred), MIN_CONTRAST * np.sqrt(centred.size))


def trim_shots(shots: list[Shot], first: int, frames: int) -> list[Shot]:
    """The shots of the part of a film that starts at frame `first` and has `frames` frames, renumbered."""

    def trimmed(shot: Shot) -> Shot:
        similar = None if shot.similar_frame is None or shot.similar_frame < first else shot.similar_frame - first
        return Shot(max(0, shot.start - first), min(frames, shot.stop - first), similar)

    return [s for s in map(trimmed, shots) if s.stop > s.start]
