"""Options that the colorizing networks share: type and help text, declared once, and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from reimagine.errors import StageError

Size = Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"]
Saturation = Annotated[float, "Factor of the chroma, 0 to 2"]
References = Annotated[Path | None, "Folder of ref_nnnnnn.png stills whose colours their shots take"]
EveryFrame = Annotated[bool, "Run the network on every frame, not only on keyframes"]
Weights = Annotated[str, "A name in the zoo, or a path to .safetensors"]

SMALLEST_SIZE = 64
"""Pixels. The encoder reduces sides 16 times; below 4 cells a scene cannot be recognized."""
LARGEST_SIZE = 1024
"""Pixels. Attention over a larger input needs more memory than common machines have."""


def check_size(size: int) -> None:
    """Refuse a size at which the networks cannot work.

    Raises:
        StageError: the size is out of range.
    """
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise StageError(f"--size {size} is out of range; give {SMALLEST_SIZE} to {LARGEST_SIZE} pixels")


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
