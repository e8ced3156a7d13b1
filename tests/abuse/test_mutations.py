"""Every damaged input is accepted or refused in one line: no traceback, no endless work."""

from __future__ import annotations

import pytest
from mutations import KINDS, NAMES, outcome, try_input

INPUTS = 40
"""Inputs of each kind: 320 in all."""


@pytest.mark.parametrize("name", KINDS)
def test_the_sample_itself_is_accepted(name, tmp_path):
    kind = KINDS[name]
    path = tmp_path / f"sample{kind.suffix}"
    path.write_bytes(kind.sample())
    assert outcome(lambda: kind.read(path)) == "accepted"


@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_are_accepted_or_refused_in_one_line(name):
    found = {seed: try_input(name, seed) for seed in range(INPUTS)}
    assert {seed: result for seed, result in found.items() if result not in ("accepted", "refused")} == {}
