"""Evaluation of restorers: pictures or films are degraded, restored, and compared with the originals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reimagine.errors import MediaError, unknown_name
from reimagine.evaluation.common import Distance, Rows, open_with_shots, read_shots
from reimagine.media.film import IMAGE_SUFFIXES, list_images
from reimagine.media.frames import Shot
from reimagine.media.image_files import read_image
from reimagine.metrics import restoration
from reimagine.stages.contract import PictureModel


def evaluate_restoration(
    model: PictureModel,
    path: Path,
    device: str,
    distance: Distance,
    kinds: Sequence[str] = (),
    seed: int = 0,
    frames: int = 48,
) -> Rows:
    """Degrade, restore and compare a picture, a folder of pictures, or the beginning of a film.

    Args:
        kinds: kinds of degradation; default all that apply, and "none".
        seed: of the degradation.
        frames: frames of a film that are used, from its beginning.

    Returns:
        A row per kind; see `metrics.restoration`.

    Raises:
        MediaError: an unknown kind, or no pictures.
    """
    is_film = path.is_file() and path.suffix.lower() not in IMAGE_SUFFIXES
    kinds = kinds or restoration.damage_kinds(is_film)
    if unknown := set(kinds) - set(restoration.damage_kinds(True)):
        raise MediaError(unknown_name("kind of damage", unknown.pop(), restoration.damage_kinds(True)))
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        images = [crop_to_even(read_image(file)) for file in (list_images(path) if path.is_dir() else [path])]
        if not images:
            raise MediaError(f"{path}: not a folder of pictures")
        return restoration.evaluate_pictures(model, images, device, distance, kinds, seed)
    film, shots = open_with_shots(path)
    shots = [Shot(s.start, min(s.stop, frames)) for s in shots if s.start < frames]
    return restoration.evaluate_film(model, lambda: read_shots(film, shots), device, distance, kinds, seed)


def crop_to_even(image: np.ndarray) -> np.ndarray:
    """An image (H, W, C) without its last row or column where the number is odd."""
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
