"""Tables of shots: written as CSV, edited by hand or by other programs, and read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimagine.errors import MediaError
from reimagine.files import write_text_atomically
from reimagine.media.video.frames import Shot
from reimagine.media.video.shots import link_similar_shots

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media.video.film import Film

SUFFIXES = (".csv", ".otio")
"""Files that tables of shots are written to and read from."""
COLUMNS = (
    "shot",
    "start_frame",
    "start_timecode",
    "start_seconds",
    "end_frame",
    "end_timecode",
    "end_seconds",
    "length_frames",
    "length_seconds",
    "similar_frame",
)
"""Columns of a table. Frames are numbers in the whole source, from 0; `end_frame` is the frame after the last."""
SCENE_LIST = "scene_number"
"""Column of a scene list of PySceneDetect, whose frames are counted from 1."""
SEPARATORS = ",;\t"
"""Separators of spreadsheets."""


class ShotRow(NamedTuple):
    """A row of a table as it was read.

    Attributes:
        place: where it is in the file, such as "line 4".
        start: number of the first frame in the whole source.
        stop: number of the frame after the last, if it is stated.
        similar_frame: see `Shot`.
    """

    place: str
    start: int
    stop: int | None = None
    similar_frame: int | None = None


def check_suffix(path: Path) -> None:
    """Check that a table can have this name.

    Raises:
        MediaError: the suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise MediaError(f"{path}: a table of shots is {' or '.join(SUFFIXES)}; give it one of these suffixes")


def write_shots(path: Path, film: Film, shots: Sequence[Shot]) -> None:
    """Write the shots of a film, or of a part of it, to a CSV or OpenTimelineIO file.

    Raises:
        MediaError: the suffix is none of `SUFFIXES`, or OpenTimelineIO is not installed.
    """
    check_suffix(path)
    if path.suffix.lower() == ".csv":
        text = table_text(film, shots)
    else:
        from reimagine.media.video.shot_timeline import timeline_text

        text = timeline_text(film, shots)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(path, text)


def table_text(film: Film, shots: Sequence[Shot]) -> str:
    """The shots of a film, or of a part of it, as CSV with the columns `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, shot in enumerate(shots, 1):
        start, end = (film.offset + float(film.time(n)) for n in (shot.start, shot.stop))
        similar = "" if shot.similar_frame is None else film.first + shot.similar_frame
        row = [number]
        for frame, seconds in ((shot.start, start), (shot.stop, end)):
            row += [film.first + frame, _timecode(seconds), f"{seconds:.3f}"]
        writer.writerow([*row, shot.stop - shot.start, f"{end - start:.3f}", similar])
    return text.getvalue()


def _timecode(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def check_table(path: Path) -> None:
    """Check what can be checked of a table before its film is read.

    Raises:
        MediaError: the file is missing, cannot be read, or its shots are not in order.
    """
    check_suffix(path)
    if not path.is_file():
        raise MediaError(f"{path}: no such table of shots; `reimagine shots FILM` writes one")
    _check_order(path, _read_rows(path, None)[0])


def read_shots(path: Path, film: Film, thumbnails: dict[int, np.ndarray]) -> list[Shot]:
    """The shots of a whole source, from a CSV or OpenTimelineIO file.

    A shot lasts until the next one starts. Frames before the first shot are a shot of their own.

    Args:
        film: the source, not trimmed.
        thumbnails: see `link_similar_shots`, which is used if the table has no column `similar_frame`.

    Raises:
        MediaError: the file cannot be read, or its shots are no shots of this film: unsorted, overlapping, outside.
    """
    check_suffix(path)
    if not film.frames:
        raise MediaError(f"{path}: {film.source} has no picture, so it has no shots; leave out --shots")
    rows, linked = _read_rows(path, float(film.rate))
    _check_order(path, rows)
    for row in rows:
        if problem := _problem(row, film.frames):
            raise MediaError(f"{path}: {row.place}: {problem}")
    stops = [*(row.start for row in rows[1:]), film.frames]
    shots = [Shot(row.start, stop, row.similar_frame) for row, stop in zip(rows, stops, strict=True)]
    shots = [Shot(0, rows[0].start), *shots] if rows[0].start else shots
    return shots if linked else link_similar_shots(shots, thumbnails)


def _read_rows(path: Path, rate: float | None) -> tuple[list[ShotRow], bool]:
    """The rows of a table, and whether it says which shots are similar; `rate` is the film's, if it is known."""
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    from reimagine.media.video.shot_timeline import read_timeline

    return read_timeline(path, rate)


def _check_order(path: Path, rows: Sequence[ShotRow]) -> None:
    if not rows:
        raise MediaError(f"{path}: holds no shots; give at least one start_frame")
    for before, row in pairwise(rows):
        if row.start <= before.start:
            raise MediaError(
                f"{path}: {row.place}: the shot starts at frame {row.start}, not after frame {before.start} of the "
                f"shot above; sort the shots and remove doubled ones"
            )
        if before.stop is not None and before.stop > row.start:
            raise MediaError(
                f"{path}: {row.place}: the shot starts at frame {row.start}, but the shot above ends at {before.stop}; "
                f"correct one of them, or leave out the ends"
            )


def _problem(row: ShotRow, frames: int) -> str:
    """What is wrong with a row by itself; "" if nothing is."""
    if not 0 <= row.start < frames:
        return f"frame {row.start} is not in the film, which has the frames 0 to {frames - 1}"
    if row.stop is not None and row.stop > frames:
        return f"the shot ends at frame {row.stop}, after the film, which has {frames} frames"
    if row.stop is not None and row.stop <= row.start:
        return f"the shot ends at frame {row.stop}, but starts at {row.start}; the end is the frame after the last"
    if row.similar_frame is not None and not 0 <= row.similar_frame < row.start:
        return f"similar_frame {row.similar_frame} must be a frame of an earlier shot, before {row.start}"
    return ""


def _read_csv(path: Path) -> tuple[list[ShotRow], bool]:
    """The rows of a CSV file, and whether it has a column of similar frames."""
    lines = _text(path).splitlines()
    above, separator, header = _header(path, lines)
    first = 1 if SCENE_LIST in header else 0
    rows = []
    for place, cells in _cells(path, lines, above + 1, separator):
        row = dict(zip(header, cells, strict=False))
        start = _frame(path, place, "start_frame", row)
        if start is None:
            raise MediaError(f"{path}: {place}: has no start_frame; give one, or delete the line")
        stop, similar = (_frame(path, place, name, row) for name in ("end_frame", "similar_frame"))
        rows.append(ShotRow(place, start - first, stop, similar))
    return rows, "similar_frame" in header


def _header(path: Path, lines: Sequence[str]) -> tuple[int, str, list[str]]:
    """The number of lines above the header, the separator, and the names of the columns."""
    for above, line in enumerate(lines):
        separator = max(SEPARATORS, key=line.count)
        header = [cell.strip().strip('"').lower().replace(" ", "_") for cell in line.split(separator)]
        if "start_frame" in header:
            return above, separator, header
    raise MediaError(f"{path}: has no column start_frame; `reimagine shots FILM` writes a table to begin with")


def _cells(path: Path, lines: Sequence[str], first: int, separator: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of a table that are not empty: (place, cells)."""
    reader = csv.reader(lines[first:], delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"line {first + reader.line_num}", [cell.strip() for cell in cells]
    except csv.Error as error:
        raise MediaError(f"{path}: line {first + reader.line_num}: {error}; save the table as CSV again") from error


def _frame(path: Path, place: str, name: str, row: dict[str, str]) -> int | None:
    """The frame number in a column of a row; None if the cell is empty or missing."""
    text = row.get(name, "")
    try:
        number = float(text.replace(",", ".")) if text else None
        if number is None or number.is_integer():
            return None if number is None else int(number)
    except ValueError:
        pass
    raise MediaError(f"{path}: {place}: {name} {text!r} is no frame number; give a whole number")


def _text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or an 8-bit encoding of spreadsheets; only its ASCII characters matter."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); `reimagine shots FILM` writes a table") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
