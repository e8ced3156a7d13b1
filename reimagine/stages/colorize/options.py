"""Options that the colorizing networks share: type and help text, declared once, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from reimagine.errors import StageError
from reimagine.media.images.names import IMAGE_SUFFIXES, list_images
from reimagine.options import Range

SMALLEST_SIZE = 64
"""Pixels. The encoder reduces sides 16 times; below 4 cells a scene cannot be recognized."""
LARGEST_SIZE = 1024
"""Pixels. Attention over a larger input needs more memory than common machines have."""

Size = Annotated[int, "Short side, in pixels, at which the network works", Range(SMALLEST_SIZE, LARGEST_SIZE)]
Saturation = Annotated[float, "Factor of the chroma", Range(0, 2)]
References = Annotated[Path | None, "Folder of ref_nnnnnn.png stills whose colours their shots take"]
Hint = Annotated[
    tuple[Path, ...],
    "Grey still of a frame, ref_nnnnnn.png, with coloured strokes that its shot takes, or a folder; may be repeated",
]
EveryFrame = Annotated[bool, "Run the network on every frame, not only on keyframes"]
Weights = Annotated[str, "Name of weights, or path to a .safetensors file"]


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


def find_hints(hint: Sequence[Path]) -> dict[int, Path]:
    """Return the painted stills by frame number; of a folder, all that are named ref_nnnnnn.

    Raises:
        StageError: a file does not exist or is not named by its frame, or two have the same frame.
    """
    found: dict[int, Path] = {}
    for path in hint:
        stills = [still for still in list_images(path) if _frame_number(still) is not None] if path.is_dir() else [path]
        if not stills:
            raise StageError(f"--hint {path}: no ref_nnnnnn.png in this folder; --export-hints writes them")
        for still in stills:
            number = _frame_number(still)
            if number is None:
                raise StageError(f"--hint {still}: name the still by its frame, such as ref_000120.png")
            if not still.is_file():
                raise StageError(f"--hint {still}: no such file; --export-hints writes stills to paint on")
            if found.setdefault(number, still) != still:
                raise StageError(f"--hint {still}: {found[number]} is of the same frame; give one of them")
    return dict(sorted(found.items()))


def _frame_number(still: Path) -> int | None:
    """The frame number in a name such as ref_000120.png; None if it is named otherwise."""
    digits = still.stem.removeprefix("ref_")
    named = digits != still.stem and digits.isascii() and digits.isdigit()
    return int(digits) if named and still.suffix.lower() in IMAGE_SUFFIXES else None
