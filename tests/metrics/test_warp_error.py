"""The temporal warping error and sharpness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import picture

from reimagine.metrics.warp import TemporalConsistency, masked_flow, sharpness, warp_error


def test_motion_alone_has_a_small_error_and_flicker_a_large_one():
    a, b = picture(0, 160, 120, 0), picture(1, 160, 120, 0)
    flow = masked_flow(a, b)
    assert flow.mask.mean() > 0.5
    assert warp_error(a, b, flow) < 0.1 * warp_error(a, np.clip(b * 0.8, 0, 255).astype(np.uint8), flow)
    assert 0 < masked_flow(a, b, lai_compat=True).mask.mean() <= 1


def test_blur_lowers_sharpness():
    image = picture(0, 160, 120, 0)
    assert sharpness(cv2.GaussianBlur(image, (0, 0), 4)) < 0.7 * sharpness(image)


def test_excess_is_the_error_above_that_of_the_source():
    consistency = TemporalConsistency()
    frames = [picture(n, 160, 120, 0) for n in range(3)]
    for n in range(2):
        consistency.add(*({"source": frames[k], "flicker": frames[k] // (1 + k % 2)} for k in (n, n + 1)))
    rows = consistency.numbers()
    assert rows["source"]["excess"] == 0
    assert rows["flicker"]["excess"] == pytest.approx(rows["flicker"]["warp_error"] - rows["source"]["warp_error"])


def test_distance_is_measured_to_the_state_before_for_one_of_every_pairs():
    calls = []
    consistency = TemporalConsistency(lambda a, b: float(len(calls.append(1) or calls)), every=2)
    image = picture(0, 96, 64, 0)
    for _ in range(4):
        consistency.add(*({"source": image, "before": image, "after": image} for _ in range(2)))
    rows = consistency.numbers()
    assert len(calls) == 4 and "distance" not in rows["source"] and rows["after"]["distance"] == 3.0
