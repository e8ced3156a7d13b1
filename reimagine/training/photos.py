"""Photographs to train on."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError

PICTURES = (".webp", ".jpg", ".jpeg", ".png")


def read_photos(folder: Path) -> list[np.ndarray]:
    """Every picture in a folder, its sub-folders and its .tar files: uint8 RGB (H, W, 3)."""
    if not folder.is_dir():
        raise MediaError(f"no photographs: {str(folder)!r} is not a folder")
    blobs = [p.read_bytes() for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURES]
    for tar in sorted(folder.rglob("*.tar")):
        blobs += _members(tar)
    photos = [cv2.imdecode(np.frombuffer(b, np.uint8), cv2.IMREAD_COLOR) for b in blobs]
    good = [cv2.cvtColor(p, cv2.COLOR_BGR2RGB) for p in photos if p is not None]
    if not good:
        raise MediaError(f"no photographs in {str(folder)!r} (looked for {', '.join(PICTURES)}, .tar)")
    return good


def _members(tar: Path) -> list[bytes]:
    with tarfile.open(fileobj=io.BytesIO(tar.read_bytes())) as box:
        names = [m for m in box.getmembers() if Path(m.name).suffix.lower() in PICTURES]
        return [file.read() for m in names if (file := box.extractfile(m))]
