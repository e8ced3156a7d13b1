"""Changes of a film's size or clock by a step: what a model asks for, and whether the film allows it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from reimagine import stages
from reimagine.errors import StageError
from reimagine.media.video.film import Film
from reimagine.media.video.retiming import LARGEST_SIDE, FilmChange, Retiming
from reimagine.stages.contract import InterpolationModel, Kind, PictureModel


def change_of(model: Any, film: Film, frames: int) -> FilmChange:
    """The change of a film by a model of any kind.

    Args:
        model: the model.
        film: the film before the step.
        frames: number of frames of its picture, generated ones included.

    Raises:
        StageError: the model does not fit the film.
    """
    stage = stages.identify(model)[0]
    kind = stages.stage_named(stage).kind
    if kind is Kind.PICTURE:
        return _change_of_size(model, stage, film)
    return _change_of_clock(model, stage, film, frames) if kind is Kind.INTERPOLATION else FilmChange()


def _change_of_size(model: PictureModel, stage: str, film: Film) -> FilmChange:
    width, height = model.output_size(film.width, film.height)
    if max(width, height) > LARGEST_SIDE:
        raise StageError(
            f"{stage}: {film.width}x{film.height} pixels become {width}x{height}, and a side has at most "
            f"{LARGEST_SIDE}; give a smaller factor or height"
        )
    return FilmChange() if (width, height) == (film.width, film.height) else FilmChange(width, height)


def _change_of_clock(model: InterpolationModel, stage: str, film: Film, frames: int) -> FilmChange:
    """The change by interpolation.

    Raises:
        StageError: the film is a picture, or frames would be lost.
    """
    if film.is_still:
        raise StageError(f"{stage}: {film.source} is a picture; give a film, or a folder of its frames --as-film")
    rate, slowdown = model.output_rate(film.rate), Fraction(model.slow_motion).limit_denominator(1000)
    retiming = Retiming(film, frames, rate, slowdown)
    if retiming.first(frames) < frames:
        raise StageError(
            f"{stage}: the film has {float(film.rate):.5g} frames per second; --to {float(rate):.5g} would lose "
            f"{frames - retiming.first(frames)} frames; give a higher rate"
        )
    if film.output_rate not in (0, film.rate) and film.output_rate < rate:
        raise StageError(
            f"{stage}: {float(rate):.5g} frames per second are more than --output-rate "
            f"{float(film.output_rate):.5g}; leave out --output-rate, or give --to a rate that is not higher"
        )
    return FilmChange(rate=rate, slowdown=slowdown, slow_sound=model.slow_sound)
