"""Options: the fields of a class with their type, default, help text and range, and the check of their values.

saturation: Annotated[float, "Factor of the chroma", Range(0, 2)] = 1.0
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple

from reimagine.errors import RecipeError

MAX_SHOWN = 40
"""Characters of a value that a message quotes, at most."""


@dataclass(frozen=True)
class Range:
    """The values that a number may have. NaN and infinities are in no range.

    Attributes:
        low: the lowest value.
        high: the highest value.
        above: whether values must be above `low`, so that `low` itself is refused.
    """

    low: float
    high: float
    above: bool = False

    def __contains__(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high) and not (self.above and value == self.low)

    def __str__(self) -> str:
        low, high = (f"{limit:g}" if abs(limit) < 1e5 else f"{limit:.0f}" for limit in (self.low, self.high))
        return f"more than {low}, up to {high}" if self.above else f"{low} to {high}"


SEEDS = Range(0, 2**32 - 1)
"""Random seeds that all random generators accept."""
LENGTHS = Range(0, 1e6)
"""Times in a film, in seconds: up to eleven days."""
SHARES = Range(0, 1)
"""Shares and strengths."""
CONTINUATION_SECONDS = Range(0.01, 3600)
"""Length of a continuation, in seconds."""
FRAME_NUMBERS = Range(0, 1e8)
"""Numbers of frames: up to a month of film."""
TRAINING_MINUTES = Range(0, 1e5)
"""Training times, in minutes: up to ten weeks."""
LEARNING_RATES = Range(0, 1, above=True)
"""Peak learning rates."""


class Option(NamedTuple):
    """One field of a model or a training. An option is defined nowhere else.

    Attributes:
        type: type of the value; `tuple` if the option may be repeated.
        item: type of the items of a tuple.
    """

    name: str
    type: type
    default: Any
    sentence: str
    range: Range | None = None
    item: type | None = None

    @property
    def help(self) -> str:
        """The help text, with the range."""
        return f"{self.sentence}; {self.range}" if self.range else self.sentence

    @property
    def flag(self) -> str:
        """The name on the command line."""
        return "--" + self.name.replace("_", "-")


def options(cls: type[Any]) -> Iterator[Option]:
    """The options of a class, from its fields and their annotations."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        kind, sentence, *range = typing.get_args(hints[field.name])
        if isinstance(kind, types.UnionType):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
        if typing.get_origin(kind) is tuple:
            yield Option(field.name, tuple, field.default, sentence, item=typing.get_args(kind)[0])
            continue
        yield Option(field.name, kind, field.default, sentence, *range)


def check_ranges(owner: Any) -> None:
    """Check the numbers among the options of an object, as soon as it is made.

    Raises:
        RecipeError: a value is not a number, or out of its range; the line names option, value and range.
    """
    for option in _numbers(type(owner)):
        value = vars(owner)[option.name]
        if value is None or option.range is None:
            continue
        if not isinstance(value, Integral if option.type is int else Real):
            kind = "a whole number" if option.type is int else "a number"
            raise RecipeError(f"{option.flag} {shown(value)} is not {kind}; give {option.range}")
        if value not in option.range:
            raise RecipeError(f"{option.flag} {shown(value)} is out of range; give {option.range}")


@cache
def _numbers(cls: type[Any]) -> tuple[Option, ...]:
    """The options of a class that have a range."""
    return tuple(option for option in options(cls) if option.range)


def shown(value: Any) -> str:
    """A value in a message: one short line."""
    if isinstance(value, int) and value.bit_length() > 4 * MAX_SHOWN:
        return f"a number of {value.bit_length()} bits"
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
