"""Does it work here? Each answer is (what, what was found, whether that is well)."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reimagine.errors import ReimagineError

PACKAGES = ("torch", "numpy", "av", "opencv-python-headless", "moviepy", "librosa", "onnxruntime", "basic-pitch")
ROOM = 2e9
"""Bytes below which a disk is too full for a film."""

Answer = tuple[str, str, bool]


def examine() -> Iterator[Answer]:
    """One thing after another, as each is looked at."""
    import reimagine

    yield "reimagine", reimagine.__version__, True
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "Python", system, sys.version_info >= (3, 11)
    yield from map(_package, PACKAGES)
    yield _ffmpeg()
    yield _device()
    yield from _weights()
    yield _disk()
    yield _test()


def _package(name: str) -> Answer:
    try:
        return name, version(name), True
    except PackageNotFoundError:
        return name, "is missing: install again, as the README says", False


def _ffmpeg() -> Answer:
    import av

    found = ", ".join(
        f"{name} {'.'.join(map(str, numbers))}"
        for name, numbers in av.library_versions.items()
        if name in ("libavcodec", "libavformat")
    )
    lacking = [name for name in ("libx264", "aac", "magicyuv", "ffv1") if name not in av.codecs_available]
    return "FFmpeg", f"{found}{'; lacks ' + ', '.join(lacking) if lacking else ''}", not lacking


def _device() -> Answer:
    import os

    from reimagine.zoo.device import configure_device

    return "device", f"{configure_device('auto')}, {os.cpu_count()} cores", True


def _weights() -> Iterator[Answer]:
    from reimagine import zoo

    for card in zoo.cards():
        try:
            path, _ = zoo.verified_path(card.name)
            yield card.name, f"{path.stat().st_size / 1e6:.1f} MB, its sum is right", True
        except ReimagineError as error:
            yield card.name, str(error), False


def _disk() -> Answer:
    free = shutil.disk_usage(Path.cwd()).free
    return "disk", f"{free / 1e9:,.1f} GB free here", free > ROOM


def _test() -> Answer:
    """A second of a made-up film, coloured and drawn."""
    import numpy as np

    import reimagine
    from reimagine.media.frames import Shot, frame_from_image

    begun = time.monotonic()
    y, x = np.mgrid[0:120, 0:160]
    waves = [128 + 100 * np.sin((x + 3 * n) / 9) * np.cos(y / 7) for n in range(12)]
    images = [np.dstack([wave.astype(np.uint8)] * 3) for wave in waves]
    frames = [frame_from_image(n, image).renumbered(n, Shot(0, 12)) for n, image in enumerate(images)]
    for stage in ("colorize", "cartoon"):
        frames = list(reimagine.model(stage)().load("cpu")(iter(frames)))
    good = len(frames) == 12 and bool(np.std(frames[-1].image) > 5)
    return "a short test", f"12 frames coloured and drawn in {time.monotonic() - begun:.1f} s", good
