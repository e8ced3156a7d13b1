"""Names of image files: folders of images, and numbered images as the frames of a film (image sequences).

A sequence is named by a pattern, `frames/%06d.dpx` as in C's printf or `frames/*.dpx` as in a shell, or by its folder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from reimagine.errors import MediaError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".dpx", ".exr")
"""Files that are read as images."""
NUMBER_FIELD = re.compile(r"%(?:0(\d{1,2}))?d")
"""The frame number in a pattern: %d, or %06d for at least six digits."""
GLOB_CHARACTERS = "*?["
"""Characters that make a name a pattern of the shell."""
DIGITS = re.compile(r"([0-9]+)")
"""A group of digits in a name."""
LISTED_GAPS = 5
"""Gaps that are listed in a note, at most."""


def is_pattern(path: Path) -> bool:
    """Whether a path names the images of a sequence: nothing has this very name, and it holds a number or a glob."""
    return (has_number(path) or any(c in path.name for c in GLOB_CHARACTERS)) and not path.exists()


def has_number(path: Path) -> bool:
    """Whether a file name has a place for a frame number, such as %06d."""
    return bool(NUMBER_FIELD.search(path.name))


def numbered_path(pattern: Path, number: int) -> Path:
    """The file of a frame: the first number field of the name is replaced.

    Args:
        pattern: a path whose name holds a number field.
        number: from 0.
    """

    def digits(field: re.Match[str]) -> str:
        return f"{number:0{int(field[1] or 1)}d}"

    return pattern.with_name(NUMBER_FIELD.sub(digits, pattern.name, count=1))


def list_images(folder: Path) -> list[Path]:
    """Image files of a folder, sorted by name; hidden files are left out."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and p.name[0] != ".")


def source_files(path: Path) -> list[Path]:
    """The files that a source consists of: a file, the images of a pattern, the images or all files of a folder.

    Raises:
        MediaError: no image matches the pattern.
    """
    if path.is_dir():
        return list_images(path) or sorted(p for p in path.iterdir() if p.is_file())
    return _matching_images(path) if is_pattern(path) else [path]


def is_present(path: Path) -> bool:
    """Whether a source exists: a file, a folder, or at least one image of a pattern."""
    return path.exists() or (is_pattern(path) and path.parent.is_dir() and bool(_matches(path)))


def _matching_images(pattern: Path) -> list[Path]:
    if not pattern.parent.is_dir():
        raise MediaError(f"{pattern}: no such folder; give a pattern of images such as frames/%06d.dpx")
    if not (files := _matches(pattern)):
        images = list_images(pattern.parent)
        found = f"; the folder has {images[0].name}" if images else "; the folder has no images"
        raise MediaError(f"{pattern}: no image has such a name{found} ({', '.join(IMAGE_SUFFIXES)} are read)")
    return files


def _matches(pattern: Path) -> list[Path]:
    return [file for file in list_images(pattern.parent) if _matches_name(pattern, file.name)]


def _matches_name(pattern: Path, name: str) -> bool:
    field = NUMBER_FIELD.search(pattern.name)
    if field is None:
        return fnmatchcase(name, pattern.name)
    before, after = pattern.name[: field.start()], pattern.name[field.end() :]
    digits = name[len(before) : len(name) - len(after)]
    whole = name == before + digits + after and digits.isascii() and digits.isdigit()
    return whole and numbered_path(pattern, int(digits)).name == name


def title(source: Path) -> str:
    """A name for a source: the stem of a file or folder; of a pattern what is constant in it, or its folder's name."""
    if not is_pattern(source):
        return source.stem
    constant = re.sub(r"\[[^]]*\]|[*?]", "", NUMBER_FIELD.sub("", source.stem)).strip(" ._-")
    return constant or source.absolute().parent.name or "images"


def natural_order(files: Sequence[Path]) -> list[Path]:
    """Files sorted by name, with groups of digits as numbers: 2 before 10."""

    def key(file: Path) -> tuple[list[tuple[str, int]], str]:
        parts = DIGITS.split(file.name)
        return [(text, int(digits)) for text, digits in zip(parts[::2], [*parts[1::2], "0"], strict=True)], file.name

    return sorted(files, key=key)


def frame_numbers(files: Sequence[Path]) -> list[int]:
    """The frame numbers in the names of files: the one group of digits that differs; else an empty list.

    Args:
        files: in natural order.

    Raises:
        MediaError: two files have the same number, such as 1.png and 001.png, or 1.png and 1.jpg.
    """
    first: dict[tuple[tuple[str, ...], tuple[int, ...]], Path] = {}
    for file in files:
        parts = DIGITS.split(file.stem)
        name = tuple(parts[::2]), tuple(map(int, parts[1::2]))
        if (other := first.setdefault(name, file)) is not file and name[1]:
            raise MediaError(
                f"{file.parent}: {other.name} and {file.name} have the same number; leave one of them out, or give a "
                f"pattern such as {DIGITS.sub('*', file.stem)}{file.suffix} that names only one of them"
            )
    if len({texts for texts, _ in first}) > 1:
        return []
    columns = list(zip(*(numbers for _, numbers in first), strict=True))
    differing = [column for column in columns if len(set(column)) > 1] or columns[-1:]
    return list(differing[0]) if len(differing) == 1 else []


def gap_note(numbers: Sequence[int]) -> str:
    """What numbers are missing, in words; "" if none is."""
    gaps = [(a + 1, b - 1) for a, b in pairwise(numbers) if b > a + 1]
    if not gaps:
        return ""
    listed = ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in gaps[:LISTED_GAPS])
    more = f" and {len(gaps) - LISTED_GAPS} more gaps" if len(gaps) > LISTED_GAPS else ""
    return f"numbers without an image: {listed}{more}; the image before each gap is shown instead"
