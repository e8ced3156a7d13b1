"""Pictures of continuations: sheets of frames, plots over time, and films side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reimagine.gallery.report import write_sheet
from reimagine.gallery.side_by_side import side_by_side
from reimagine.media.audio.sound import silence
from reimagine.media.export import Encoding, export
from reimagine.media.video.reader import read_film
from reimagine.media.video.writer import read_frames, write_figure

if TYPE_CHECKING:
    from reimagine.evaluation.continuation import ContinuationResult
    from reimagine.runs.folder import Run

LEAD_SECONDS = 2.0
"""Seconds of the film before its end with which a comparison begins."""
SHEET_SECONDS = (0, 1, 2, 5, 10, 20, 30, 60, 90)
"""Seconds after the end of the frames on a sheet."""
COMPARISON_CRF = 12
"""Quality of the films from which the comparison is made: it is encoded a second time."""


def ending_sheet(run: Run, path: Path, width: int = 320) -> None:
    """Write a picture of the film's own last frame and of the generated frames 1, 2, 5 ... seconds after it."""
    tracks = run.tracks
    picture = tracks.picture()
    numbers = [tracks.source_frames - 1 + round(s * tracks.film.rate) for s in SHEET_SECONDS]
    frames = [next(picture.read(n, n + 1)).image for n in numbers if n < picture.frames]
    write_sheet([frames], path, width)


def plot_series(series: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Plot numbers of every second: one panel per number, one curve per title.

    The solid grey line is the film's own value, the dotted one is the limit below which a continuation has collapsed.

    Args:
        series: numbers by title and name; every title has the same names.
    """
    from matplotlib.figure import Figure

    from reimagine.metrics.continuation import BLURRED_SHARPNESS, FROZEN_MOTION

    names = list(next(iter(series.values())))
    figure = Figure((5 * len(names), 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for title, numbers in series.items():
            axes.plot(np.arange(1, len(numbers[name]) + 1), numbers[name], label=title)
        axes.axhline(1, color="0.7")
        axes.axhline(FROZEN_MOTION if name == "motion" else BLURRED_SHARPNESS, color="0.7", linestyle=":")
        axes.set(title=f"{name} (film: 1)", xlabel="seconds after the end", ylim=(0, 2.5))
    figure.axes[0].legend()
    write_figure(path, figure, 90)


def write_comparison(result: ContinuationResult, folder: Path) -> None:
    """Write curves.png, sheet.png (one row per ending) and comparison.mp4 (endings side by side) to a folder."""
    plot_series(result.series, folder / "curves.png")
    write_sheet(_sheet_rows(result), folder / "sheet.png")
    films = {title: _export_ending(result, picture, folder) for title, picture in result.pictures.items()}
    side_by_side(films, folder / "comparison.mp4")
    for path in films.values():
        path.unlink()


def _sheet_rows(result: ContinuationResult) -> list[list[np.ndarray]]:
    """For each ending its frames at `SHEET_SECONDS`; shorter rows are filled with black frames."""
    film, rows = result.film, []
    for picture in result.pictures.values():
        first = next(read_frames(picture, film)).index
        numbers = [first + max(0, round(s * film.rate) - 1) for s in SHEET_SECONDS]
        rows.append([f.image for n in numbers for f in read_frames(picture, film, n, n + 1)])
    columns = max(map(len, rows))
    return [row + [np.zeros_like(row[0])] * (columns - len(row)) for row in rows]


def _export_ending(result: ContinuationResult, picture: Path, folder: Path) -> Path:
    """Export the last seconds before an ending and the ending as a film; return its path."""
    film, first = result.film, result.first_held_out
    path = folder / f"{picture.parent.name}-{picture.stem}.mp4"
    lead = read_film(film, max(0, first - round(LEAD_SECONDS * film.rate)), first)
    frames = (f.renumbered(n) for n, f in enumerate(chain(lead, read_frames(picture, film))))
    export(film, path, frames, silence(0.0), Encoding(crf=COMPARISON_CRF))
    return path
