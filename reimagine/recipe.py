"""A recipe: an ordered list of models with their options. TOML in, models out.

[[step]]
stage = "colorize"
model = "unet"          # left out: the stage's default
saturation = 1.2        # any field of the model
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from reimagine import stages, zoo
from reimagine.errors import RecipeError, ReimagineError, unknown_name


class Option(NamedTuple):
    """One field of a model: the only place where an option is defined."""

    name: str
    type: type
    default: Any
    help: str


def options(cls: type[Any]) -> Iterator[Option]:
    """A model's options, from its fields and their annotations."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        kind, sentence = typing.get_args(hints[field.name])
        if isinstance(kind, types.UnionType):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
        yield Option(field.name, kind, field.default, sentence)


def build(stage: str, name: str | None, given: dict[str, Any]) -> Any:
    """A model with its options; unknown ones are refused with the nearest name."""
    cls = stages.model_class(stage, name)
    known = {o.name: o for o in options(cls)}
    for key in given:
        if key not in known:
            raise RecipeError(unknown_name(f"option for {stage} {stages.identify(cls)[1]}", key, known))
    return cls(**{k: _fit(known[k], v) for k, v in given.items()})


def _fit(option: Option, value: Any) -> Any:
    """A TOML value as the field's type: an int may stand for a float, a string for a path."""
    if option.type is Path and isinstance(value, str | Path):
        return Path(value)
    if option.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, option.type) or isinstance(value, bool) is not (option.type is bool):
        raise RecipeError(f"option {option.name!r} wants {option.type.__name__}, not {value!r}")
    return value


def check(model: Any) -> None:
    """Refuse before any work what would be refused in the middle of it: weights, a look, an instrument.

    Raises:
        ReimagineError: what, where, and the way out.
    """
    weights = getattr(model, "network", getattr(model, "weights", ""))
    if weights:
        zoo.find(weights)
    if hasattr(model, "check"):
        model.check()


def read(path: Path, check: bool = False) -> list[Any]:
    """The models of a recipe file, in order.

    Args:
        check: also look whether their weights, looks and instruments are there.

    Raises:
        RecipeError: the file, the line, what is wrong, and the nearest name.
    """
    try:
        text = path.read_text()
        facts = tomllib.loads(text)
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RecipeError(f"{path}: not a recipe ({error})") from error
    steps = facts.pop("step", None)
    if facts or not isinstance(steps, list):
        raise RecipeError(
            f"{path}: a recipe is a list of [[step]] tables" + (f"; {next(iter(facts))!r} is none" if facts else "")
        )
    models = []
    for number, step in enumerate(steps, 1):
        try:
            models.append(_step(dict(step), check))
            _order(models)
        except ReimagineError as error:
            line = _line(text, number, str(error))
            raise RecipeError(f"{path}:{line}: step {number}: {error}") from error
    return models


def _step(step: dict[str, Any], thorough: bool) -> Any:
    if "stage" not in step:
        raise RecipeError("has no stage")
    model = build(step.pop("stage"), step.pop("model", None), step)
    if thorough:
        check(model)
    return model


def _order(models: list[Any]) -> None:
    """What wants the picture as it was found comes first."""
    *before, last = (stages.identify(model)[0] for model in models)
    late = [stage for stage in before if stage not in stages.FIRST and stages.STAGES[stage][1] == "picture"]
    if last in stages.FIRST and late:
        raise RecipeError(f"'{last}' comes before '{late[0]}': it wants the picture as it was found")


def _line(text: str, number: int, error: str) -> int:
    """Where in the file it is: the first line of a step with the first word that the error quotes."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines, 1) if line.replace(" ", "").startswith("[[step]]")]
    start, stop = starts[number - 1], [*starts, len(lines) + 1][number]
    quoted = re.search(r"'([^']+)'", error)
    return next((n for n in range(start, stop) if quoted and quoted[1] in lines[n - 1]), start)


def write(models: list[Any]) -> str:
    """The TOML that `read` turns into the same models."""
    blocks = []
    for model in models:
        stage, name = stages.identify(model)
        lines = [f'stage = "{stage}"', f'model = "{name}"']
        for option in options(type(model)):
            value = getattr(model, option.name)
            if value is not None and value != option.default:
                lines.append(f"{option.name} = {_toml(value)}")
        blocks.append("[[step]]\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def _toml(value: Any) -> str:
    import json

    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(str(value)) if isinstance(value, str | Path) else repr(value)
