"""Colour transfer from an edited still."""

from __future__ import annotations

import numpy as np

from reimagine.stages.colorize.exemplar import Exemplar

GREY = np.repeat(np.array([60, 190], np.uint8), 16)[None].repeat(24, 0)
"""A dark and a light half, (24, 32)."""
PREDICTED = np.full((24, 32, 2), 10, np.float32)


def test_an_unedited_still_changes_nothing():
    exemplar = Exemplar(GREY, PREDICTED, PREDICTED)
    assert np.abs(exemplar.transfer(GREY, PREDICTED) - PREDICTED).max() < 0.01


def test_an_edit_follows_what_it_was_made_on():
    """The light half is repainted; in another frame the light half is on the other side."""
    edited = PREDICTED.copy()
    edited[:, 16:, 0] = 60
    exemplar = Exemplar(GREY, edited, PREDICTED)
    same = exemplar.transfer(GREY, PREDICTED)[..., 0]
    assert same[:, 20:].mean() > 50 and abs(same[:, :12].mean() - 10) < 2
    shifted = exemplar.transfer(np.roll(GREY, -4, 1), PREDICTED)[..., 0]
    assert shifted[:, 16:26].mean() > 40 and abs(shifted[:, :8].mean() - 10) < 3


def test_frames_unlike_the_still_keep_their_prediction():
    edited = PREDICTED + 50
    exemplar = Exemplar(GREY, edited, PREDICTED)
    black = np.zeros_like(GREY)
    assert np.abs(exemplar.transfer(black, PREDICTED - 60) - (PREDICTED - 60)).max() < 1
