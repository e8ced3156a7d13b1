"""Write reimagine/__init__.pyi, from which editors and type checkers know the options of the stages.

python docs/hooks/stub.py
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import reimagine
from reimagine import stages
from reimagine.steps import kind_of

STUB = Path(reimagine.__file__).with_suffix(".pyi")
"""The file that is written."""
HEAD = """# Written by docs/hooks/stub.py from the models' options.
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reimagine.api import Result as Result
from reimagine.api import run as run
from reimagine.errors import ReimagineError as ReimagineError
from reimagine.stages import model_class as model
from reimagine.stages.contract import (
{kinds}
)

__version__: str
__all__ = ["ReimagineError", "Result", "model", "run"]

"""
"""The beginning of the stub."""


def stub() -> str:
    """The text of the stub: a function for each stage."""
    kinds = {kind_of(stages.model_class(stage)).__name__ for stage in stages.STAGES}
    imported = "\n".join(f"    {name}," for name in sorted(kinds))
    return HEAD.format(kinds=imported) + "\n".join(map(_function, stages.STAGES))


def _function(stage: str) -> str:
    function = getattr(reimagine, stage.capitalize())
    signature = inspect.signature(function)
    first, *others = map(_parameter, signature.parameters.values())
    lines = [f"def {function.__name__}(", f"    {first},", "    *,", *(f"    {text}," for text in others)]
    return "\n".join([*lines, f") -> {signature.return_annotation.__name__}:", *_docstring(function), ""])


def _docstring(function: Any) -> Iterator[str]:
    first, *lines = function.__doc__.splitlines()
    yield f'    """{first}'
    yield from (f"    {line}".rstrip() for line in lines)
    yield '    """'


def _parameter(parameter: inspect.Parameter) -> str:
    default = parameter.default
    plain = default is None or isinstance(default, bool | int | float | str | tuple)
    return f"{parameter.name}: {_type(parameter.annotation)} = {_text(default) if plain else '...'}"


def _text(value: Any) -> str:
    return '"' + value + '"' if isinstance(value, str) else repr(value)


def _type(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"Literal[{', '.join(map(_text, get_args(kind)))}]"
    if isinstance(kind, types.UnionType):
        return " | ".join(map(_type, get_args(kind)))
    if get_args(kind):
        return f"{get_origin(kind).__name__}[{', '.join(map(_type, get_args(kind)))}]"
    return "None" if kind is type(None) else kind.__name__


if __name__ == "__main__":
    STUB.write_text(stub())
