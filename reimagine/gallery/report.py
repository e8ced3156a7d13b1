"""What a run says of itself: report.json, and a sheet of its shots before and after."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from reimagine.media.film import MIDI_SUFFIXES, Film
from reimagine.media.frames import Frame
from reimagine.media.writer import write_image
from reimagine.metrics.warp import WARP_COUNTS, TemporalConsistency
from reimagine.stages.restore.statistics import COUNT_NAMES, summarize

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

SAMPLES = 8
"""Pairs of frames looked at for a film's colourfulness and steadiness."""


def report(run: Run, out: Path, said: list[str]) -> dict[str, Any]:
    """Frames, rate, seconds per stage, memory, fallbacks, colourfulness, steadiness, durations."""
    film, picture = run.film, run.picture()
    counts = {k: v for s in run.steps for k, v in s.counts.items() if k not in ("notes", *WARP_COUNTS, *COUNT_NAMES)}
    looks = _looks(run) if film.frames else {}
    vivid = {state: round(row["colourfulness"], 2) for state, row in looks.items()}
    return {
        "film": film.source,
        "frames": picture.frames,
        "fps": round(float(film.rate), 3),
        "shots": len(run.shots),
        "seconds": {s.stage: s.seconds for s in run.steps},
        "peak_rss_mb": round(_peak_rss(), 1),
        "counts": counts,
        "colourfulness": {"before": vivid.get("source", 0.0), "after": vivid.get("after", 0.0)},
        "warp_error": {state: float(f"{row['warp_error']:.3g}") for state, row in looks.items()},
        **_steadied(run),
        **_found(run),
        "audio_minus_video_seconds": _difference(out) if _plays(film, out) else None,
        "notes": [*film.notes, *said],
    }


def _peak_rss() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _steadied(run: Run) -> dict[str, dict[str, float]]:
    """Of the last stage that steadied its own pictures: the warping error before and after, of all pairs."""
    for step in reversed(run.steps):
        if step.counts.get(WARP_COUNTS[0]):
            pairs, *sums = (step.counts[name] for name in WARP_COUNTS)
            means = (float(f"{s / pairs:.3g}") for s in sums)
            return {f"{step.stage}_warp_error": dict(zip(("before", "after"), means, strict=True))}
    return {}


def _found(run: Run) -> dict[str, dict[str, Any]]:
    """What was wrong with the film, if it was restored."""
    restored = [step for step in run.steps if step.stage == "restore"]
    return {"found": summarize(restored[-1].counts)} if restored else {}


def _looks(run: Run) -> dict[str, dict[str, float]]:
    """A few pairs of frames, 320 wide, spread over the film: of the source, of the picture before it was
    stabilized (if it was), and of the latest one."""
    pictures = {"source": run.picture(0), "before": run.picture_before("stabilize"), "after": run.picture()}
    steadiness = TemporalConsistency()
    for number in np.unique(np.linspace(0, run.known - 1, SAMPLES).astype(int)):
        shot = next(s for s in run.takes if s.start <= number < s.stop)
        first = max(shot.start, min(int(number), shot.stop - 2))
        pairs = {
            state: [_small(f.image) for f in picture.read(run.film, first, min(first + 2, shot.stop))]
            for state, picture in pictures.items()
            if picture
        }
        steadiness.add({s: p[0] for s, p in pairs.items()}, {s: p[-1] for s, p in pairs.items()})
    return steadiness.numbers()


def _small(image: np.ndarray, width: int = 320) -> np.ndarray:
    scale = min(1.0, width / image.shape[1])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _one(run: Run, number: int, source: bool) -> Frame | None:
    if source and number >= run.known:
        return None
    picture = run.picture(0) if source else run.picture()
    return next(picture.read(run.film, number, number + 1), None)


def _plays(film: Film, out: Path) -> bool:
    return bool(film.frames) and not film.is_still and out.suffix not in MIDI_SUFFIXES


def _difference(out: Path) -> float | None:
    """Length of the sound less that of the picture in the finished film, in seconds."""
    from reimagine.media.reader import open_container

    with open_container(out) as box:
        lengths = {
            s.type: float(s.duration * s.time_base) for s in (*box.streams.video, *box.streams.audio) if s.duration
        }
    if {"video", "audio"} <= lengths.keys():
        return round(lengths["audio"] - lengths["video"], 3)
    return None


def contact_sheet(run: Run, path: Path, columns: int = 12, width: int = 320) -> None:
    """Source above (black where it has ended), result below, one column a shot (of a long film: some,
    spread over it)."""
    shots = run.takes
    if len(shots) > columns:
        shots = [shots[i] for i in np.linspace(0, len(shots) - 1, columns).astype(int)]
    middles = [(s.start + s.stop) // 2 for s in shots]
    made = [_one(run, n, False).image for n in middles]
    before = [_one(run, n, True) for n in middles]
    own = [f.image if f else np.zeros_like(i) for f, i in zip(before, made, strict=True)]
    write_sheet([own, made], path, width)


def write_sheet(rows: list[list[np.ndarray]], path: Path, width: int = 320, quality: int | None = None) -> None:
    """Rows of pictures (RGB uint8) on a dark ground, each `width` wide."""

    def cell(image: np.ndarray) -> np.ndarray:
        height = round(image.shape[0] * width / image.shape[1])
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return cv2.copyMakeBorder(small, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(24, 24, 24))

    write_image(path, np.vstack([np.hstack([cell(i) for i in row]) for row in rows if row]), quality)
