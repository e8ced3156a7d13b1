"""What comes after the end, to be looked at: sheets, curves over time, and films side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.files import replace_atomically
from reimagine.media.reader import read_film
from reimagine.media.sound import silence
from reimagine.media.writer import read_frames

if TYPE_CHECKING:
    from reimagine.evaluation.workflows import ContinuationResult
    from reimagine.runs.folder import Run

LEAD = 2.0
"""Seconds of the film before its end that a comparison begins with."""
SECONDS = 0, 1, 2, 5, 10, 20, 30, 60, 90
"""After the end, when a sheet shows a frame."""


def ending_sheet(run: Run, path: Path, width: int = 320) -> None:
    """The film's last own frame, and what was dreamt up 1, 2, 5 ... seconds after it."""
    picture, rate = run.picture(), run.film.rate
    places = [run.known - 1 + round(s * rate) for s in SECONDS]
    frames = [next(picture.read(run.film, n, n + 1)).image for n in places if n < picture.frames]
    write_sheet([frames], path, width)


def plot_series(series: dict[str, dict[str, Sequence[float]]], path: Path) -> None:
    """How the numbers of continuations go on, second by second: a panel a number, a curve a continuation. The
    grey line is the film itself; the dotted one, where a continuation has collapsed."""
    from matplotlib.figure import Figure

    from reimagine.metrics.continuation import BLURRED_SHARPNESS, FROZEN_MOTION

    names = list(next(iter(series.values())))
    figure = Figure((5 * len(names), 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for title, numbers in series.items():
            axes.plot(np.arange(1, len(numbers[name]) + 1), numbers[name], label=title)
        axes.axhline(1, color="0.7")
        axes.axhline(FROZEN_MOTION if name == "motion" else BLURRED_SHARPNESS, color="0.7", linestyle=":")
        axes.set(title=f"{name} (the film's is 1)", xlabel="seconds after the end", ylim=(0, 2.5))
    figure.axes[0].legend()
    temporary = path.with_name("." + path.name)
    figure.savefig(temporary, dpi=90)
    replace_atomically(temporary, path)


def write_comparison(endings: ContinuationResult, folder: Path) -> None:
    """curves.png, sheet.png (a row a continuation, a column a time of SECONDS) and comparison.mp4."""
    plot_series(endings.series, folder / "curves.png")
    film, rows = endings.film, []
    for picture in endings.pictures.values():
        places = [max(0, round(s * film.rate) - 1) for s in SECONDS]
        first = next(read_frames(picture, film)).index
        row = [f.image for n in places for f in read_frames(picture, film, first + n, first + n + 1)]
        rows.append(row)
    most = max(map(len, rows))
    write_sheet([row + [np.zeros_like(row[0])] * (most - len(row)) for row in rows], folder / "sheet.png")
    films = {}
    for title, picture in endings.pictures.items():
        films[title] = folder / f"{picture.parent.name}-{picture.stem}.mp4"
        lead = read_film(film, max(0, endings.until - round(LEAD * film.rate)), endings.until)
        frames = (f.renumbered(n) for n, f in enumerate(chain(lead, read_frames(picture, film))))
        export(film, films[title], frames, silence(0.0), Encoding(crf=12))
    side_by_side(films, folder / "comparison.mp4")
    for path in films.values():
        path.unlink()


PANEL, BAR = 426, 40
"""Width of each film of a comparison, and height of its title, in pixels."""


def side_by_side(films: dict[str, Path], path: Path, columns: int | None = None) -> None:
    """Films beside each other under their titles, as long as the longest; one that has ended grows dark.

    Args:
        columns: films in a row; all of them, if not given.
    """
    import matplotlib.font_manager
    from moviepy import (
        ColorClip,
        CompositeVideoClip,
        TextClip,
        VideoFileClip,
        clips_array,
        concatenate_videoclips,
        vfx,
    )

    font = matplotlib.font_manager.findfont("DejaVu Sans")
    clips = [VideoFileClip(str(film), audio=False).resized(width=PANEL) for film in films.values()]
    longest = max(clip.duration for clip in clips)
    panels = []
    for title, clip in zip(films, clips, strict=True):
        if clip.duration < longest:
            left = longest - clip.duration
            last = clip.to_ImageClip(clip.duration - 1 / clip.fps).with_duration(min(1.0, left))
            parts = [clip, last.with_effects([vfx.FadeOut(last.duration)])]
            if left > 1:
                parts.append(ColorClip(clip.size, (0, 0, 0)).with_duration(left - 1))
            clip = concatenate_videoclips(parts)
        words = TextClip(font, title, font_size=18, color="white", size=(PANEL, BAR), method="caption")
        ground = ColorClip((PANEL, BAR + clip.h), (16, 16, 16))
        parts = [ground, clip.with_position((0, BAR)), words]
        panels.append(CompositeVideoClip([p.with_duration(longest) for p in parts]))
    temporary = path.with_name("." + path.name)
    columns = min(columns or len(panels), len(panels))
    blank = ColorClip(panels[0].size, (16, 16, 16)).with_duration(longest)
    panels += [blank] * (-len(panels) % columns)
    joined = clips_array([panels[n : n + columns] for n in range(0, len(panels), columns)])
    joined = joined.cropped(width=joined.w // 2 * 2, height=joined.h // 2 * 2, x1=0, y1=0)
    joined.write_videofile(
        str(temporary),
        fps=clips[0].fps,
        codec="libx264",
        logger=None,
        ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p"],
    )
    for clip in clips:
        clip.close()
    replace_atomically(temporary, path)
