"""A recipe: an ordered list of models with their options, read from TOML and written to it.

[[step]]
stage = "colorize"
model = "unet"          # optional: the stage's default
saturation = 1.2        # any option of the model
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reimagine import documents, stages, zoo
from reimagine.errors import RecipeError, ReimagineError, unknown_name
from reimagine.options import Option, options, shown

MAX_STEPS = 200
"""Steps of a recipe, at most."""
MAX_TEXT = 4096
"""Characters of an option, at most: the length of a path that Linux accepts."""


def build(stage: str, name: str | None, given: Mapping[str, Any]) -> Any:
    """A model with options; old option names are accepted.

    Raises:
        RecipeError: an option does not exist (the nearest name is offered), is given twice, or has a wrong type.
    """
    cls = stages.model_class(stage, name)
    known = {option.name: option for option in options(cls)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        present = cls.renamed_options.get(key, key)
        if present not in known:
            raise RecipeError(_unknown_option(stage, stages.identify(cls)[1], key, known))
        if present in values:
            old = next(o for o, new in cls.renamed_options.items() if new == present and o in given)
            raise RecipeError(f"option {present!r} is given twice: {old!r} is its old name")
        values[present] = _as_type(known[present], value)
    return cls(**values)


def _unknown_option(stage: str, model: str, name: str, known: Mapping[str, Option]) -> str:
    """Message for an option that a model does not have; it names the models that have it."""
    for other in stages.models_of(stage):
        if any(option.name == name for option in options(stages.model_class(stage, other))):
            return f"{name!r} is an option of {stage} {other}, not of {model}; write model = '{other}' too"
    return unknown_name(f"option for {stage} {model}", name, known)


def _as_type(option: Option, value: Any) -> Any:
    """A TOML value as the option's type: an integer may stand for a float, a string for a path, an item for a list."""
    if option.item:
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_as_type(option._replace(type=option.item, item=None), item) for item in items)
    if isinstance(value, str) and not (value.isprintable() and len(value) <= MAX_TEXT):
        raise RecipeError(f"option {option.name!r} has characters that are not printable, or too many: {shown(value)}")
    if option.type is Path and isinstance(value, str | Path):
        return Path(value)
    whole = option.type is float and isinstance(value, int) and not isinstance(value, bool)
    if whole and (option.range is None or value in option.range):
        return float(value)
    if not whole and (not isinstance(value, option.type) or isinstance(value, bool) is not (option.type is bool)):
        raise RecipeError(f"option {option.name!r} must be of type {option.type.__name__}, not {shown(value)}")
    return value


def check(model: Any) -> None:
    """Check before any work that a model's weights exist and that its options are valid.

    Raises:
        ReimagineError: what is wrong, where, and what to do.
    """
    if weights := model.required_weights:
        zoo.find(weights)
    model.check()


def read(path: Path, check: bool = False) -> list[Any]:
    """The models of a recipe file, in order.

    Args:
        check: also check that their weights exist and their options are valid.

    Raises:
        RecipeError: the file, the line, what is wrong, and the nearest name.
    """
    text, steps = _parse(path)
    models: list[Any] = []
    earlier = ""
    for number, step in enumerate(steps, 1):
        try:
            models.append(_model(dict(step), check))
            earlier = _check_order(models[-1], earlier)
        except ReimagineError as error:
            line = _line_of(text, number, str(error))
            raise RecipeError(f"{path}:{line}: step {number}: {error}") from error
    return models


def _parse(path: Path) -> tuple[str, list[dict[str, Any]]]:
    try:
        text = documents.read_text(path)
        facts = documents.parse_toml(text)
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe; `reimagine run --list` shows the included ones") from error
    except ValueError as error:
        raise RecipeError(f"{path}: not a recipe ({error})") from error
    steps = facts.pop("step", None)
    if facts or not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        other = f"; {shown(next(iter(facts)))} is not allowed outside a step" if facts else ""
        raise RecipeError(f"{path}: a recipe is a list of [[step]] tables{other}")
    if len(steps) > MAX_STEPS:
        raise RecipeError(f"{path}: {len(steps)} steps; a recipe has at most {MAX_STEPS}, divide it")
    return text, steps


def _model(step: dict[str, Any], checked: bool) -> Any:
    if "stage" not in step:
        raise RecipeError("has no stage")
    for name in ("stage", "model"):
        if not isinstance(step.get(name, ""), str):
            raise RecipeError(f"{name!r} must be a name, not {shown(step[name])}")
    model = build(step.pop("stage"), step.pop("model", None), step)
    if checked:
        check(model)
    return model


def _check_order(model: Any, earlier: str) -> str:
    """Refuse a model that restores the source after another picture stage.

    Args:
        model: the model of a step.
        earlier: the first picture stage of the steps before that does not restore the source; "" for none.

    Returns:
        `earlier` for the next step.
    """
    stage = stages.identify(model)[0]
    row = stages.STAGES[stage]
    if row.restores_source and earlier:
        raise RecipeError(f"'{stage}' must come before '{earlier}': it restores the film's own picture")
    return earlier or (stage if row.kind.writes == "picture" and not row.restores_source else "")


def _line_of(text: str, number: int, error: str) -> int:
    """The line that an error is about: the first of the step that has the first name which the error quotes."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines, 1) if line.replace(" ", "").startswith("[[step]]")]
    if number > len(starts):
        return 1
    start, stop = starts[number - 1], [*starts, len(lines) + 1][number]
    named = re.search(r"'([^']+)'|--([a-z-]+)", error)
    name = (named[1] or named[2].replace("-", "_")) if named else ""
    return next((n for n in range(start, stop) if name and name in lines[n - 1]), start)


def write(models: Sequence[Any]) -> str:
    """The TOML that `read` turns into the same models; options at their defaults are left out."""
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
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(str(value)) if isinstance(value, str | Path) else repr(value)
