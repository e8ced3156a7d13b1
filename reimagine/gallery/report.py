"""Summaries of a run: the contents of report.json, and a contact sheet of the shots before and after."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from reimagine import stages
from reimagine.gallery.sound_report import sound_entries
from reimagine.media.export.containers import FILM_SUFFIXES
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.track import PictureTrack
from reimagine.media.video.writer import write_image
from reimagine.metrics.warp import TemporalConsistency

if TYPE_CHECKING:
    from reimagine.runs.folder import Run
    from reimagine.runs.tracks import FilmTracks

SAMPLED_PAIRS = 8
"""Pairs of consecutive frames that are measured, spread over the film: enough for a mean within seconds."""
WIDTH = 320
"""Width in pixels of measured frames, and of pictures in a sheet."""
BORDER = 4
"""Width in pixels of the border around each picture in a sheet."""
BACKGROUND = (24, 24, 24)
"""Colour of the border, RGB."""
NOTE_COUNT = "notes"
"""A step's number of notes, which is not listed as a count: that of the last step is an entry of its own."""


def report(run: Run, out: Path, messages: list[str]) -> dict[str, Any]:
    """The entries of report.json.

    Args:
        run: the run, with all steps done.
        out: the finished film.
        messages: remarks of the export; listed with the remarks on the source film.

    Returns:
        Of a picture: frames, rate, shots, colourfulness and warping error before and after. Of new sound or notes:
        duration, loudness, number of notes, tempo. Of all runs: seconds per stage, peak memory in MB, counts, what the
        models report, the length of the sound minus that of the picture in seconds, and remarks.
    """
    tracks, steps = run.tracks, run.steps
    film = tracks.film
    picture, measures = _picture_entries(run) if film.frames else ({}, {})
    has_music = not film.frames or any(step.writes != "picture" for step in steps)
    counts: dict[str, float] = {}
    entries: dict[str, Any] = {}
    for step in steps:
        model = stages.model_class(step.stage, step.model)
        hidden = (NOTE_COUNT, *model.reported_counts)
        counts |= {name: value for name, value in step.counts.items() if name not in hidden}
        entries |= model.report(step.counts)
    return {
        "film": film.source,
        **picture,
        **(sound_entries(tracks) if has_music else {}),
        "seconds": {step.stage: step.seconds for step in steps},
        "peak_rss_mb": round(_peak_rss(), 1),
        "counts": counts,
        **measures,
        **entries,
        "audio_minus_video_seconds": _sound_minus_picture(out) if _has_picture_and_sound(film, out) else None,
        "remarks": [*film.notes, *messages],
    }


def _picture_entries(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entries on the frames of a picture, and those that are measured on them."""
    tracks = run.tracks
    quality = _quality(tracks)
    compared = {state: row for state, row in quality.items() if state != "after" or tracks.keeps_frames}
    colour = {state: round(row["colourfulness"], 2) for state, row in quality.items()}
    facts = {
        "frames": tracks.picture().frames,
        "fps": round(float(tracks.film.rate), 3),
        "shots": len(run.shots),
    }
    return facts, {
        "colourfulness": {"before": colour.get("source", 0.0), "after": colour.get("after", 0.0)},
        "warp_error": {state: float(f"{row['warp_error']:.3g}") for state, row in compared.items()},
    }


def _peak_rss() -> float:
    """Peak resident memory of this process in MB.

    On Linux the value of `getrusage` may be that of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / (1 << 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _quality(tracks: FilmTracks) -> dict[str, dict[str, float]]:
    """Metrics of sampled frame pairs, by state of the picture: "source", "before" and "after".

    "before" is the input of the last step whose stage measures its input; it may be missing.
    """
    states = {"source": tracks.picture(0), "before": tracks.measured_input(), "after": tracks.picture()}
    own = tracks.source_number(tracks.source_frames - 1)
    consistency = TemporalConsistency()
    scale = min(1.0, WIDTH / tracks.source.width)
    size = round(tracks.source.width * scale), round(tracks.source.height * scale)
    for number in np.unique(np.linspace(0, own, SAMPLED_PAIRS).astype(int)):
        shot = next(s for s in tracks.source_shots if s.start <= number < s.stop)
        stop = min(shot.stop, own + 1)
        first = max(shot.start, min(int(number), stop - 2))
        numbers = range(first, min(first + 2, stop))
        pairs = {
            state: [_small(frame_at(track, n if state == "source" else tracks.number_now(n)), size) for n in numbers]
            for state, track in states.items()
            if track is not None
        }
        consistency.add(
            {state: pair[0] for state, pair in pairs.items()}, {state: pair[-1] for state, pair in pairs.items()}
        )
    return consistency.numbers()


def frame_at(track: PictureTrack, number: int) -> Frame:
    """One frame of a track."""
    return next(track.read(number, number + 1))


def _small(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """The picture of a frame, reduced to (w, h): (h, w, 3) uint8."""
    return cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)


def _has_picture_and_sound(film: Film, out: Path) -> bool:
    """Whether the finished file is a film that may have sound; not images, MIDI or sound only."""
    return bool(film.frames) and out.suffix.lower() in FILM_SUFFIXES


def _sound_minus_picture(out: Path) -> float | None:
    """Length of the sound minus length of the picture in the finished film, in seconds; None without sound."""
    from reimagine.media.video.reader import open_container

    with open_container(out) as container:
        lengths = {
            stream.type: float(stream.duration * stream.time_base)
            for stream in (*container.streams.video, *container.streams.audio)
            if stream.duration and stream.time_base
        }
    if {"video", "audio"} <= lengths.keys():
        return round(lengths["audio"] - lengths["video"], 3)
    return None


def contact_sheet(run: Run, path: Path, columns: int = 12, width: int = WIDTH) -> None:
    """Write a picture with one column per shot: its middle frame in the source (top) and in the result (bottom).

    Frames after the end of the source have a black picture at the top. Of more than `columns` shots, `columns` are
    selected evenly over the film.
    """
    tracks = run.tracks
    source, picture, shots = tracks.picture(0), tracks.picture(), tracks.current_shots
    if len(shots) > columns:
        shots = [shots[i] for i in np.linspace(0, len(shots) - 1, columns).astype(int)]
    before, after = [], []
    for number in ((shot.start + shot.stop) // 2 for shot in shots):
        result = frame_at(picture, number).image
        after.append(result)
        ended = number >= tracks.source_frames
        before.append(np.zeros_like(result) if ended else frame_at(source, tracks.source_number(number)).image)
    write_sheet([before, after], path, width)


def write_sheet(rows: list[list[np.ndarray]], path: Path, width: int = WIDTH, quality: int | None = None) -> None:
    """Write rows of pictures as one picture on a dark background.

    Args:
        rows: rows of equal length; pictures are RGB (H, W, 3) uint8. Empty rows are skipped.
        path: the file; its suffix selects the format.
        width: width of each picture in pixels.
        quality: quality of a lossy format.
    """

    def cell(image: np.ndarray) -> np.ndarray:
        height = round(image.shape[0] * width / image.shape[1])
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return cv2.copyMakeBorder(small, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=BACKGROUND)

    write_image(path, np.vstack([np.hstack([cell(i) for i in row]) for row in rows if row]), quality)
