"""What a source is: its picture, shots and sound as a viewer or restorer would describe them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.reading import Reading
from reimagine.media.video.shots import CutDetector

if TYPE_CHECKING:
    from reimagine.media.video.reader import OnFrame

SAMPLED_FRAMES = 24
"""Frames at which the colours of a film are measured, spread over its length."""
COLOURLESS = 2.0
"""Mean deviation of chroma from its mean in a frame, in 8-bit levels, up to which a frame has one hue at most."""
TINT = 4.0
"""Distance of the mean chroma from grey, in 8-bit levels, above which a frame of one hue is tinted."""


def describe(path: Path, reading: Reading, on_frame: OnFrame | None = None) -> dict[str, Any]:
    """Read a source once from end to end, and a few of its frames again.

    Args:
        on_frame: called with the number and luma of every frame.

    Returns:
        Facts by name, of JSON types. Sources without a picture have no facts about one.

    Raises:
        MediaError: the source cannot be read.
    """
    detector = CutDetector(reading.cut_threshold)

    def analyze(number: int, luma: Any) -> None:
        detector(number, luma)
        if on_frame:
            on_frame(number, luma)

    film = open_film(path, analyze, reading).trim(reading.start, reading.end)
    facts: dict[str, Any] = {"file": str(path), "seconds": round(film.seconds, 3), "sound_tracks": film.sounds}
    if film.is_score:
        facts["notes"] = "MIDI"
    if film.frames:
        facts |= _picture(film, detector.shots(film.frames))
    return {**facts, "remarks": list(film.notes)}


def _picture(film: Film, shots: Sequence[Shot]) -> dict[str, Any]:
    return {
        "frames": film.frames,
        "frames_per_second": round(float(film.rate), 3),
        "constant_rate": not film.ticks,
        "width": film.width,
        "height": film.height,
        "pixel_aspect": str(film.aspect),
        "rotation": film.rotation,
        "pixel_format": film.pixel_format,
        "matrix": film.matrix,
        "range": "full" if film.full else "limited",
        "high_dynamic_range": film.hdr or None,
        "interlaced": film.interlaced,
        "colours": _colours(film),
        "shots": [shot.start for shot in shots],
    }


def _colours(film: Film) -> str:
    """ "colour", "tinted" (one hue) or "black and white", by the majority of sampled frames."""
    step = max(1, film.frames // SAMPLED_FRAMES)
    kinds = [_colours_of(next(read_film(film, number, number + 1))) for number in range(step // 2, film.frames, step)]
    return max(("colour", "tinted", "black and white"), key=kinds.count)


def _colours_of(frame: Frame) -> str:
    planes = [plane.astype("float32") for plane in frame.chroma]
    if max(float(abs(plane - plane.mean()).mean()) for plane in planes) > COLOURLESS:
        return "colour"
    return "tinted" if max(abs(float(plane.mean()) - 128) for plane in planes) > TINT else "black and white"
