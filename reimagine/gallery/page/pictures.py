"""Media files of a gallery page: small films that every browser plays, posters, and strips of stills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from reimagine.media.audio.sound import Sound, read_sound, write_sound
from reimagine.media.export import Encoding, export
from reimagine.media.iteration import prefetch
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.writer import write_image

if TYPE_CHECKING:
    from reimagine.progress import Progress
    from reimagine.runs.tracks import FilmTracks

WIDTH = 640
"""Width of the films in pixels, at most: a minute of film is a few megabytes."""
STILL_WIDTH = 240
"""Width of the stills in strips, in pixels; the template states the same."""
COLUMNS = 12
"""Stills of a strip, at most."""
QUALITY = 82
"""WebP quality of posters and stills, 0 to 100."""
ENCODING = Encoding("h264", crf=24, preset="medium")
"""H.264 settings of the films: smaller files than those of a finished film."""
BUFFERED_FRAMES = 8
"""Frames decoded ahead of the encoder."""


def write_films(tracks: FilmTracks, folder: Path, progress: Progress) -> dict[str, Any]:
    """Write before.mp4 and after.mp4, of the same size and each with its own sound, and a poster for each.

    Returns:
        Width and height of the films in pixels, and seconds of the longer one.
    """
    film, before, after = tracks.film, tracks.picture(0), tracks.picture()
    scale = min(1.0, WIDTH / film.width)
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (film.width, film.height))
    middle = tracks.source_frames // 2
    middles = tracks.source_number(middle), middle
    for name, track, sound, number in zip(("before", "after"), (before, after), _sounds(tracks), middles, strict=True):
        progress.begin(name, track.frames)
        small = replace(track.film, width=width, height=height, pixel_format="yuv420p", trimmed=False)
        frames = _reduced(prefetch(track.read(), BUFFERED_FRAMES), small, progress)
        export(small, folder / f"{name}.mp4", frames, sound, ENCODING)
        poster = next(track.read(number, number + 1))
        write_image(folder / f"{name}.webp", cv2.resize(poster.image, (width, height)), QUALITY)
    return {"width": width, "height": height, "seconds": round(float(film.time(after.frames)), 3)}


def _sounds(tracks: FilmTracks) -> tuple[Sound | None, Sound | None]:
    """The sound of the source, cut to the length of its picture, and that of the result."""
    film = tracks.source
    original = replace(tracks, steps=()).original_sound() if film.sounds else None
    after = tracks.new_sound() or (tracks.original_sound() if film.sounds else None)
    if original is None:
        return None, after
    return original.fit_length(min(original.length, round(film.seconds * original.rate))), after


def write_sounds(tracks: FilmTracks, folder: Path) -> tuple[str, str]:
    """Write the sound of a run without films as before.m4a and after.m4a, so far as there is any; their names."""
    if tracks.film.sounds:
        write_sound(folder / "before.m4a", tracks.original_sound())
    if path := tracks.artifact("sound"):
        write_sound(folder / "after.m4a", read_sound(path))
    return "before.m4a", "after.m4a"


def _reduced(frames: Iterator[Frame], film: Film, progress: Progress) -> Iterator[Frame]:
    """The frames, scaled to the size of `film`."""
    for frame in frames:
        yield replace(frame, picture=frame.picture.reformat(film.width, film.height, "yuv420p"))
        progress.advance(1)


def _write_still(tracks: FilmTracks, number: int, path: Path) -> str:
    """Write a small still of a frame of the result; its address on the page."""
    frame = next(tracks.picture().read(number, number + 1))
    height = max(1, round(frame.height * STILL_WIDTH / frame.width))
    write_image(path, cv2.resize(frame.image, (STILL_WIDTH, height), interpolation=cv2.INTER_AREA), QUALITY)
    return f"{path.parent.name}/{path.name}"


def shot_strip(tracks: FilmTracks, folder: Path) -> list[dict[str, Any]]:
    """One still per shot of the source, its middle frame; of more than `COLUMNS` shots, `COLUMNS` selected evenly."""
    film = tracks.film
    shots = [shot for shot in tracks.current_shots if shot.start < tracks.source_frames]
    if len(shots) > COLUMNS:
        shots = [shots[i] for i in np.linspace(0, len(shots) - 1, COLUMNS).astype(int)]
    return [
        {
            "at": round(float(film.time(shot.start)), 3),
            "number": number,
            "picture": _write_still(tracks, (shot.start + shot.stop) // 2, folder / f"shot-{number}.webp"),
        }
        for number, shot in enumerate(shots, 1)
    ]


def ending_strip(tracks: FilmTracks, folder: Path) -> list[dict[str, Any]]:
    """Stills of the generated frames, evenly spaced, after the source's last frame; none if nothing was generated."""
    film, end, last = tracks.film, tracks.source_frames, tracks.picture().frames
    if last <= end:
        return []
    numbers = np.unique(np.linspace(end - 1, last - 1, COLUMNS).astype(int))
    return [
        {
            "at": round(float(film.time(int(n))), 3),
            "after": round(float(film.time(int(n)) - film.time(end - 1)), 1),
            "picture": _write_still(tracks, int(n), folder / f"ending-{n}.webp"),
        }
        for n in numbers
    ]
