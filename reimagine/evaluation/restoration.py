"""Evaluation of restorers: pictures or films are degraded, restored, and compared with the originals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from reimagine.degradation import KINDS, degrade
from reimagine.errors import MediaError, unknown_name
from reimagine.evaluation.common import Rows, open_with_shots, read_shots, to_grey
from reimagine.media.images.names import IMAGE_SUFFIXES, list_images
from reimagine.media.video.frames import Frame, Shot, frame_from_image
from reimagine.media.video.image_files import read_image
from reimagine.metrics import Distance
from reimagine.metrics.restoration import compare_restored, temporal_consistency
from reimagine.stages.contract import PictureModel

FILM_ONLY_KINDS = ("flicker", "weave")
"""Kinds of damage that need several frames to be visible."""
LPIPS_STRIDE = 4
"""Frames of a film between two measurements of LPIPS, which is slow."""


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
    kinds = kinds or damage_kinds(is_film)
    if unknown := set(kinds) - set(damage_kinds(True)):
        raise MediaError(unknown_name("kind of damage", unknown.pop(), damage_kinds(True)))
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        images = [crop_to_even(read_image(file)) for file in (list_images(path) if path.is_dir() else [path])]
        if not images:
            raise MediaError(f"{path}: not a folder of pictures; give one")
        return evaluate_pictures(model, images, device, distance, kinds, seed)
    film, shots = open_with_shots(path)
    shots = [Shot(s.start, min(s.stop, frames)) for s in shots if s.start < frames]
    return evaluate_film(model, lambda: read_shots(film, shots), device, distance, kinds, seed)


def crop_to_even(image: np.ndarray) -> np.ndarray:
    """An image (H, W, C) without its last row or column where the number is odd."""
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]


def damage_kinds(moving: bool) -> list[str]:
    """Kinds of damage that can be evaluated on a film (`moving`) or on pictures; "none", undamaged, first."""
    return ["none", *(kind for kind in KINDS if moving or kind not in FILM_ONLY_KINDS)]


def evaluate_pictures(
    model: PictureModel,
    images: Sequence[np.ndarray],
    device: str,
    distance: Distance,
    kinds: Iterable[str],
    seed: int = 0,
) -> Rows:
    """Degrade pictures, restore each on its own, and compare.

    Args:
        model: a restoration model.
        images: (H, W, 3) uint8 RGB each; they are converted to grey.
        device: where the model runs.
        distance: perceptual distance.
        kinds: kinds of damage; each gives one row.
        seed: random seed of the first picture's damage; it is increased by 1 for each further picture.
    """
    restore, rows = model.load(device), {}
    clean = [frame_from_image(n, to_grey(image)) for n, image in enumerate(images)]
    for kind in kinds:
        degraded = [next(_degrade([frame], kind, seed + n)) for n, frame in enumerate(clean)]
        restored = [next(iter(restore([frame]))) for frame in degraded]
        rows[kind] = compare_restored(degraded, restored, clean, distance)
    return rows


def evaluate_film(
    model: PictureModel,
    read: Callable[[], Iterator[Frame]],
    device: str,
    distance: Distance,
    kinds: Iterable[str],
    seed: int = 0,
) -> Rows:
    """Degrade and restore the frames of a film in order, and compare; includes metrics of temporal consistency.

    Args:
        model: a restoration model.
        read: starts reading the undamaged film from its first frame.
        device: where the model runs.
        distance: perceptual distance.
        kinds: kinds of damage; each gives one row.
        seed: random seed of the damage.
    """
    rows = {}
    for kind in kinds:
        degraded = list(_degrade(read(), kind, seed))
        restored, clean = list(model.load(device)(iter(degraded))), list(read())
        rows[kind] = compare_restored(degraded, restored, clean, distance, LPIPS_STRIDE)
        rows[kind] |= temporal_consistency(list(zip(degraded, restored, clean, strict=True)))
    return rows


def _degrade(frames: Iterable[Frame], kind: str, seed: int) -> Iterator[Frame]:
    return iter(frames) if kind == "none" else degrade(frames, kind, seed)
