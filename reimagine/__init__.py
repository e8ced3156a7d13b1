"""reimagine: re-imagine an old film.

    from reimagine import Cartoon, Colorize, run
    run("film.mp4", [Colorize(), Cartoon(look="crane")], into="runs/film")

Every stage is a function here: `Restore`, `Colorize`, `Stabilize`, `Cartoon`, `Upscale`, `Interpolate`, `Continue`,
`Transcribe`, `Compose`, `Timbre`, `Mix`; `help(Colorize)` lists the options of its models.
`Colorize(model="tint", hue=35.0)` selects another model than the default; `model(stage, name)` is the class of a model.
"""

from __future__ import annotations

from typing import Any

from reimagine.api import Result, run
from reimagine.errors import ReimagineError
from reimagine.stages import STAGES
from reimagine.stages import model_class as model

__version__ = "0.1.0"
__all__ = ["ReimagineError", "Result", "model", "run"]


def __getattr__(name: str) -> Any:
    """A stage as a function: its options (and `model`) in, a step out."""
    if name.lower() not in STAGES or name != name.capitalize():
        raise AttributeError(f"module 'reimagine' has no attribute {name!r}")
    from reimagine.steps import stage_function

    return stage_function(name.lower())


def __dir__() -> list[str]:
    return [*__all__, "__version__", *map(str.capitalize, STAGES)]
