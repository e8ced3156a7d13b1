"""Reading of the JSON files of run folders: every value is checked, and an error names the file and the entry."""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Union

from reimagine.errors import ReimagineError


class _Mismatch(Exception):
    """A value is not of the type that its place has: what was expected, and where."""


def read_json(path: Path, kind: Any, error: type[ReimagineError], advice: str) -> Any:
    """A value of the type `kind` from a JSON file.

    Args:
        kind: `str`, `int`, `float`, `bool`, `Fraction`, a dataclass, a NamedTuple, or a tuple, list, dict or union of
            these. Entries of an object that a dataclass does not have are ignored.
        error: raised if the file cannot be read, is incomplete, or holds another type.
        advice: the end of the error message: what to do.
    """
    try:
        return _convert(json.loads(path.read_text(encoding="utf-8")), kind, "")
    except _Mismatch as problem:
        raise error(f"{path}: {problem}; {advice}") from problem
    except (OSError, ValueError, RecursionError) as problem:
        reason = (problem.strerror if isinstance(problem, OSError) else "") or "is not complete JSON"
        raise error(f"{path}: {reason}; {advice}") from problem


def _convert(value: Any, kind: Any, place: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else _convert(value, next(a for a in arguments if a is not type(None)), place)
    if kind is Fraction:
        return _fraction(value, place)
    if kind is float:
        return _number(value, place)
    if kind in (str, int, bool):
        return _expect(value, kind, place)
    if origin is dict:
        items = _expect(value, dict, place).items()
        return {name: _convert(item, arguments[1], _join(place, name)) for name, item in items}
    if is_dataclass(kind):
        return _object(_expect(value, dict, place), kind, place)
    items = _expect(value, list, place)
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        converted = (_convert(item, arguments[0], f"{place}[{number}]") for number, item in enumerate(items))
        return (origin or tuple)(converted)
    return _row(items, kind, origin, arguments, place)


def _row(items: Sequence[Any], kind: Any, origin: Any, arguments: tuple[Any, ...], place: str) -> Any:
    """A tuple of fixed length, or a NamedTuple, whose last values may be left out if they have defaults."""
    kinds = arguments if origin is tuple else tuple(typing.get_type_hints(kind).values())
    least = len(kinds) if origin is tuple else len(kinds) - len(kind._field_defaults)
    if not least <= len(items) <= len(kinds):
        raise _Mismatch(f"{place or 'it'} must have {len(kinds)} values")
    values = [_convert(item, k, f"{place}[{n}]") for n, (item, k) in enumerate(zip(items, kinds, strict=False))]
    return tuple(values) if origin is tuple else kind(*values)


def _object(values: dict[str, Any], kind: Any, place: str) -> Any:
    hints, known = typing.get_type_hints(kind), {}
    for field in fields(kind):
        if field.name in values:
            known[field.name] = _convert(values[field.name], hints[field.name], _join(place, field.name))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _Mismatch(f"{_join(place, field.name)} is missing")
    return kind(**known)


def _expect(value: Any, kind: type, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object", list: "a list"}
        raise _Mismatch(f"{place or 'it'} must be {names[kind]}")
    return value


def _number(value: Any, place: str) -> float:
    is_number = not isinstance(value, bool) and isinstance(value, int | float)
    if not is_number or not -sys.float_info.max <= value <= sys.float_info.max:  # an int may be beyond floats
        raise _Mismatch(f"{place or 'it'} must be a number")
    return value


def _fraction(value: Any, place: str) -> Fraction:
    try:
        return Fraction(value if isinstance(value, str) else _number(value, place))
    except (ValueError, ZeroDivisionError) as error:
        raise _Mismatch(f"{place or 'it'} must be a fraction such as 24000/1001") from error


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
