"""Options shared by the models of this stage. Loads neither NumPy nor OpenCV."""

from __future__ import annotations

from typing import Annotated

from reimagine.errors import StageError

PLANES = ("auto", "chroma", "all")
"""Values of `--planes`."""

Planes = Annotated[str, "Planes to stabilize: chroma, all, or auto (chroma only, if the luma is the film's own)"]


def check_planes(planes: str) -> None:
    """Check the option `--planes`.

    Raises:
        StageError: it is none of `PLANES`.
    """
    if planes not in PLANES:
        raise StageError(f"stabilize: --planes {planes} is unknown; give one of {', '.join(PLANES)}")
