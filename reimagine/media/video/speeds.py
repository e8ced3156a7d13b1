"""Frame rates that are given, and fields as frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise

from reimagine.errors import MediaError
from reimagine.media.video.fields import Comparison
from reimagine.media.video.film import Film
from reimagine.media.video.rates import exact_rate
from reimagine.media.video.reading import Reading
from reimagine.media.video.telecine import undo_telecine

VARIABLE_RATE = "variable frame rate: every frame keeps its own time"
"""Note on films whose frames have their own times."""


def as_read(film: Film, reading: Reading, comparisons: Sequence[Comparison]) -> Film:
    """A whole film as the options of its reading say: its fields first, then its rate, then that of the output.

    Args:
        film: the film as it is stored.
        comparisons: of its fields, for `inverse_telecine`.

    Raises:
        MediaError: an option does not fit the film.
    """
    if not film.frames and (reading.rate or reading.output_rate):
        raise MediaError(f"{film.source}: has no picture; leave out --rate and --output-rate")
    if (reading.remakes_frames or reading.deinterlace == "frame") and (film.stills or not film.frames):
        raise MediaError(f"{film.source}: has no fields; leave out --deinterlace and --inverse-telecine")
    film = _with_fields(film, reading, comparisons)
    if reading.rate and not film.sequence:  # its rate was set when it was opened
        film = _at_rate(film, exact_rate(reading.rate))
    if reading.rate or reading.remakes_frames:
        film = replace(film, seconds=float(film.time(film.frames)))
    if reading.output_rate:
        film = replace(film, output_rate=exact_rate(reading.output_rate), as_stored=False)
        _check_output_rate(film)
    return film


def _with_fields(film: Film, reading: Reading, comparisons: Sequence[Comparison]) -> Film:
    """The film with the frames that are made of its fields."""
    if reading.inverse_telecine:
        return undo_telecine(film, comparisons)
    if reading.deinterlace == "field":
        return _at_field_rate(film)
    if reading.deinterlace != "auto":
        film = replace(film, interlaced=reading.deinterlace == "frame", as_stored=reading.deinterlace == "none")
    return replace(film, notes=(*film.notes, "interlaced: deinterlaced")) if film.interlaced else film


def _at_field_rate(film: Film) -> Film:
    """The film with a frame for each field: the second one half-way to the next picture."""
    halves = [a + b for a, b in pairwise(film.ticks)]
    if film.ticks:
        halves.append(2 * film.ticks[-1] + round(1 / (film.rate * film.tick)))
    duration = film.last_duration - 1 / (2 * film.rate)
    return replace(
        film,
        frames=2 * film.frames,
        rate=2 * film.rate,
        ticks=tuple(chain.from_iterable(zip((2 * t for t in film.ticks), halves, strict=True))),
        tick=film.tick / 2,
        last_duration=max(duration, Fraction(0)),
        interlaced=True,
        field_rate=True,
        as_stored=False,
        notes=(*film.notes, f"every field is a frame: {2 * film.frames} frames of {film.frames} pictures"),
    )


def _at_rate(film: Film, rate: Fraction) -> Film:
    """The film with its frames at a constant rate; `speed` says how its sound follows."""
    if film.rate == rate and not (film.ticks or film.last_duration):
        return film
    speed = film.time(film.frames) * rate / film.frames if film.ticks else rate / film.rate
    notes = [note for note in film.notes if note != VARIABLE_RATE]
    notes.append(f"{float(film.rate):.5g} frames per second are read as {float(rate):.5g}")
    if film.sounds and speed != 1:
        change = "slower and lower" if speed < 1 else "faster and higher"
        notes.append(f"the sound is {change}, at {float(speed):.2%} of its speed, as the picture is")
    return replace(
        film,
        rate=rate,
        ticks=(),
        last_duration=Fraction(0),
        speed=speed,
        as_stored=False,
        notes=tuple(notes),
    )


def _check_output_rate(film: Film) -> None:
    """Refuse an output rate at which frames would be dropped.

    Raises:
        MediaError: two frames are nearer to each other than those of the output.
    """
    begins = {math.ceil(film.time(number) * film.output_rate) for number in range(film.frames)}
    if len(begins) < film.frames:
        raise MediaError(
            f"{film.source}: has {float(film.rate):.5g} frames per second; --output-rate {float(film.output_rate):.5g} "
            f"would drop {film.frames - len(begins)} frames; give a higher one, or give --rate"
        )
