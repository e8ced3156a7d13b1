"""Fixtures for the colorizers: a clock for trainings, photographs and a film in colour."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import make_film


class Clock:
    """Stands in for the module `time`: every look at it is 0.05 s later, so that step counts are reproducible."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 0.05
        return self.seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """The clock of the colorizers' trainings: 0.05 s of training time per step."""
    from reimagine.stages.colorize.temporal import train as temporal
    from reimagine.stages.colorize.unet import train as unet

    clock = Clock()
    for module in (unet, temporal):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A folder of photographs in which dark is blue and light is orange."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for n in range(12):
        tone = cv2.GaussianBlur(rng.random((80, 96), np.float32), (0, 0), 6)
        tone = (tone - tone.min()) / np.ptp(tone)
        image = np.dstack([60 + 190 * tone, 70 + 90 * tone, 190 - 130 * tone]).astype(np.uint8)
        cv2.imwrite(str(folder / f"{n:02d}.png"), image[..., ::-1])
    return folder


@pytest.fixture
def reference(tmp_path) -> Path:
    """A film in colour with three shots."""
    return make_film(tmp_path / "reference.mp4", 36, cuts=(12, 24), size=(96, 64))
