"""Checks of the installation: versions, codecs, device, weights, disk space, and a short test of the models."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from reimagine.errors import ReimagineError

PACKAGES = (
    "torch",
    "numpy",
    "av",
    "opencv-python-headless",
    "OpenImageIO",
    "pillow",
    "librosa",
)
"""Python packages whose versions are reported."""
CODECS = ("libx264", "aac", "magicyuv", "ffv1")
"""FFmpeg codecs that the default options need."""
MIN_FREE_BYTES = 2e9
"""Free disk space that a short film needs for its intermediate files."""
TEST_FRAMES = 12
"""Frames of the short test: half a second of film."""


class Check(NamedTuple):
    """The result of one check: what was checked, what was found, and whether that is in order."""

    name: str
    finding: str
    passed: bool


def examine() -> Iterator[Check]:
    """Run all checks, one after another; each result is yielded as soon as it is known."""
    import reimagine

    yield Check("reimagine", reimagine.__version__, True)
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Check("Python", system, sys.version_info >= (3, 11))
    yield from map(_package, PACKAGES)
    yield _ffmpeg()
    yield _device()
    yield from _weights()
    yield from _damaged_cards()
    yield _disk()
    yield _test()


def _package(name: str) -> Check:
    try:
        return Check(name, version(name), True)
    except PackageNotFoundError:
        return Check(name, "not installed; repeat the installation steps of the README", False)


def _ffmpeg() -> Check:
    import av

    versions = ", ".join(
        f"{name} {'.'.join(map(str, numbers))}"
        for name, numbers in av.library_versions.items()
        if name in ("libavcodec", "libavformat")
    )
    missing = [name for name in CODECS if name not in av.codecs_available]
    return Check("FFmpeg", f"{versions}{'; missing codecs: ' + ', '.join(missing) if missing else ''}", not missing)


def _device() -> Check:
    from reimagine.zoo.device import select_device

    return Check("device", f"{select_device('auto')}, {os.cpu_count()} cores", True)


def _weights() -> Iterator[Check]:
    from reimagine import zoo

    for card in zoo.cards():
        try:
            path, _ = zoo.verified_path(card.name)
            yield Check(card.name, f"{path.stat().st_size / 1e6:.1f} MB, checksum OK", True)
        except ReimagineError as error:
            yield Check(card.name, str(error), False)


def _damaged_cards() -> Iterator[Check]:
    from reimagine import zoo

    for line in zoo.damaged_cards():
        yield Check("card", line, False)


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    return Check("disk", f"{free / 1e9:,.1f} GB free in the current folder", free > MIN_FREE_BYTES)


def _test() -> Check:
    """Colorize and then cartoon a synthetic film with the default models."""
    import numpy as np

    import reimagine
    from reimagine.media.video.frames import Shot, frame_from_image

    begun = time.monotonic()
    y, x = np.mgrid[0:120, 0:160]
    waves = [128 + 100 * np.sin((x + 3 * n) / 9) * np.cos(y / 7) for n in range(TEST_FRAMES)]
    images = [np.dstack([wave.astype(np.uint8)] * 3) for wave in waves]
    frames = [frame_from_image(n, image).renumbered(n, Shot(0, TEST_FRAMES)) for n, image in enumerate(images)]
    for stage in ("colorize", "cartoon"):
        frames = list(reimagine.model(stage)().load("cpu")(iter(frames)))
    passed = len(frames) == TEST_FRAMES and bool(np.std(frames[-1].image) > 5)  # 5 grey levels: not a flat picture
    seconds = time.monotonic() - begun
    return Check("short test", f"{TEST_FRAMES} frames colorized and redrawn in {seconds:.1f} s", passed)
