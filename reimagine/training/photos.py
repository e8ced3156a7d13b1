"""Photographs as training data."""

from __future__ import annotations

import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError

SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")
"""File name suffixes of pictures, in lower case."""


def read_photos(folder: Path) -> list[np.ndarray]:
    """Return every picture of a folder, its sub-folders and its .tar files: RGB (H, W, 3) uint8 each.

    Files that cannot be decoded are left out.

    Raises:
        MediaError: the folder does not exist, or there is no picture.
    """
    if not folder.is_dir():
        raise MediaError(f"no photographs: {str(folder)!r} is not a folder")
    files = [p.read_bytes() for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    for archive in sorted(folder.rglob("*.tar")):
        files += _pictures_of_archive(archive)
    with ThreadPoolExecutor() as pool:
        decoded = [photo for photo in pool.map(_decoded, files) if photo is not None]
    if not decoded:
        raise MediaError(f"no photographs in {str(folder)!r} (looked for {', '.join(SUFFIXES)}, .tar)")
    return decoded


def _decoded(data: bytes) -> np.ndarray | None:
    photo = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if photo is None else cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)


def _pictures_of_archive(archive: Path) -> list[bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        members = [m for m in tar.getmembers() if Path(m.name).suffix.lower() in SUFFIXES]
        return [file.read() for m in members if (file := tar.extractfile(m))]
