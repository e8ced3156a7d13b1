"""Options that the colorizing networks share: type and help text, declared once, and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from reimagine.errors import StageError
from reimagine.options import Range

SMALLEST_SIZE = 64
"""Pixels. The encoder reduces sides 16 times; below 4 cells a scene cannot be recognized."""
LARGEST_SIZE = 1024
"""Pixels. Attention over a larger input needs more memory than common machines have."""

Size = Annotated[int, "Short side, in pixels, at which the network works", Range(SMALLEST_SIZE, LARGEST_SIZE)]
Saturation = Annotated[float, "Factor of the chroma", Range(0, 2)]
References = Annotated[Path | None, "Folder of ref_nnnnnn.png stills whose colours their shots take"]
EveryFrame = Annotated[bool, "Run the network on every frame, not only on keyframes"]
Weights = Annotated[str, "A name in the zoo, or a path to .safetensors"]


def find_reference_stills(folder: Path | None) -> dict[int, Path]:
    """Return the edited stills of a folder, ref_nnnnnn.png, by frame number; none without a folder.

    Raises:
        StageError: the folder does not exist, or has no such file.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise StageError(f"--references {folder}: no such folder; --export-references makes one")
    found = {int(p.stem[4:]): p for p in folder.glob("ref_*.png") if p.stem[4:].isdigit()}
    if not found:
        raise StageError(f"--references {folder}: no ref_nnnnnn.png in this folder; --export-references writes them")
    return found
