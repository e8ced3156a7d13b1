"""Reading of `film.json`, the properties of an opened film, whose values are checked."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

from reimagine.errors import RunError
from reimagine.media.images.matrices import MATRICES
from reimagine.media.video.film import Film
from reimagine.records import read_json


def read_film_file(path: Path, advice: str) -> Film:
    """The properties that `Film.save` wrote.

    Args:
        advice: the end of error messages: what to do.

    Raises:
        RunError: the file is missing or damaged, or a property has no possible value.
    """
    film = read_json(path, Film, RunError, advice)
    if problem := _problem(film):
        raise RunError(f"{path}: {problem}; {advice}")
    return film


def _problem(film: Film) -> str:
    """The first property that has no possible value, with what it must be; "" if there is none."""
    pictures = len(film.pictures) if film.frames > 0 else 0
    rules = {
        "source and stills must be paths": all(map(_is_path, (film.source, *film.stills))),
        "frames, first, width and height must not be negative": min(film.frames, film.first, *_size(film)) >= 0,
        "rate, tick, aspect and speed must be positive": min(film.rate, film.tick, film.aspect, film.speed) > 0,
        "times must be finite": all(map(math.isfinite, (film.seconds, film.start_time, film.offset))),
        "rotation must be 0, 90, 180 or 270": film.rotation in (0, 90, 180, 270),
        "matrix must be a YUV matrix": film.matrix in MATRICES,
        "pixel_format must be a pixel format": _is_pixel_format(film.pixel_format),
        "ticks must have a time for each frame": len(film.ticks) in (0, film.frames),
        "weave must have two fields for each frame": len(film.weave) in (0, film.frames),
        "pts and packets must have a value for each picture": all(
            not values or len(values) >= pictures for values in (film.pts, film.packets)
        ),
        "stills and pages must have a value for each frame": {len(film.stills), len(film.pages)} <= {0, film.frames},
    }
    return next((rule for rule, holds in rules.items() if not holds), "")


def _size(film: Film) -> tuple[int, int]:
    return film.width, film.height


def _is_path(text: str) -> bool:
    try:
        os.lstat(text)
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    except ValueError:
        return False
    return True


def _is_pixel_format(name: str) -> bool:
    from av import VideoFormat

    try:
        VideoFormat(name)
    except ValueError:
        return False
    return True
