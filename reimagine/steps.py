"""The steps of a run in Python: a function for each stage, with the options of its models, and the check of steps."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

from reimagine import recipe, stages
from reimagine.errors import RecipeError
from reimagine.options import Option
from reimagine.stages import contract

HELP_WIDTH = 110
"""Characters of a line of the help texts, at most."""


@cache
def stage_function(stage: str) -> Callable[..., Any]:
    """A stage as a function: `model` and the options in, a step out. Its signature and help text list the options."""

    def step(model: str | None = None, **options: Any) -> Any:
        return recipe.build(stage, model, options)

    step.__name__ = step.__qualname__ = stage.capitalize()
    step.__module__ = "reimagine"
    step.__doc__ = "\n".join(_help(stage))
    step.__signature__ = _signature(stage)  # type: ignore[attr-defined]
    return step


def steps_of(steps: Any) -> list[Any]:
    """The steps of a run as a list; a single one may be given without a list.

    Raises:
        RecipeError: something is not a step; the line says what was probably meant.
    """
    found = list(steps) if isinstance(steps, Sequence) and not isinstance(steps, str) else [steps]
    for step in found:
        if isinstance(step, str):
            raise RecipeError(f"{step!r} is not a step; write {step.capitalize()}(), or use recipe.read(PATH)")
        name = getattr(step, "__qualname__", "")
        if isinstance(step, type) or step in map(stage_function, stages.STAGES):
            raise RecipeError(f"{name} is not a step yet: it needs parentheses; write {name}()")
        stages.identify(step)
    return found


def options_of(stage: str) -> dict[str, dict[str, Option]]:
    """The options of all models of a stage: by name, then by the models that have it."""
    found: dict[str, dict[str, Option]] = {}
    for name in stages.models_of(stage):
        for option in recipe.options(stages.model_class(stage, name)):
            found.setdefault(option.name, {})[name] = option
    return found


def _signature(stage: str) -> inspect.Signature:
    """The signature of a stage's function. An option whose default depends on the model has the default `...`."""
    models = tuple(stages.models_of(stage))
    parameters = [
        inspect.Parameter(
            "model",
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=models[0],
            annotation=Literal[models],  # type: ignore[valid-type]
        )
    ]
    for name, owners in options_of(stage).items():
        defaults = [option.default for option in owners.values()]
        same = all(default == defaults[0] for default in defaults)
        kind = _annotation(next(iter(owners.values())))
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=defaults[0] if same else ...,
                annotation=kind | None if None in defaults else kind,
            )
        )
    return inspect.Signature(parameters, return_annotation=kind_of(stages.model_class(stage)))


def kind_of(model: type[Any]) -> type[Any]:
    """The class of the contract that a model inherits, such as `PictureModel`."""
    return next(base for base in model.__mro__ if base.__module__ == contract.__name__)


def _annotation(option: Option) -> Any:
    """The type of the values that an option accepts."""
    if option.item:
        return Sequence[str | Path] if option.item is Path else Sequence[option.item]
    return str | Path if option.type is Path else option.type


def _help(stage: str) -> Iterator[str]:
    """The lines of the help text: the stage, its models, and each option with the models that have it."""
    yield stages.stage_named(stage).help
    yield ""
    yield "Models (the first is the default):"
    for name in stages.models_of(stage):
        yield from _entry(name, (stages.model_class(stage, name).__doc__ or "").strip().splitlines()[0])
    yield ""
    yield "Options:"
    for name, owners in options_of(stage).items():
        yield from _entry(name, f"{next(iter(owners.values())).help} ({', '.join(owners)})")
    yield ""
    yield "Raises:"
    yield "    RecipeError: an option does not exist for the model, has a wrong type, or is out of range."


def _entry(name: str, text: str) -> list[str]:
    """An entry of a list in the help text, with its further lines indented."""
    return wrap(f"{name}: {text}", HELP_WIDTH, initial_indent="    ", subsequent_indent="        ")
