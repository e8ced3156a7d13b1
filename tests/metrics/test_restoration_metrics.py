"""Metrics of restoration on pictures with a known difference."""

from __future__ import annotations

import numpy as np
import pytest

from reimagine.metrics.restoration import psnr


def test_psnr_of_a_known_error_and_of_equal_pictures():
    grey = np.full((8, 8), 100, np.uint8)
    assert psnr(grey, grey) == pytest.approx(60)
    assert psnr(grey, grey + 10) == pytest.approx(20 * np.log10(25.5))
