"""Options, range checks and report entries shared by the models of this stage. Loads neither NumPy nor OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from reimagine.options import SHARES

Strength = Annotated[float, "Opacity of the drawing over the film", SHARES]
TemporalStrength = Annotated[float, "Weight of the previous drawing where the picture has not changed", SHARES]

PAIRS = "pairs compared"
"""Count: consecutive frames of one shot, whose warping error was measured."""
ERROR_BEFORE = "warping error before, summed"
"""Count: warping errors of the drawings before temporal blending."""
ERROR_AFTER = "warping error after, summed"
"""Count: warping errors of the output."""
WARP_COUNTS = (PAIRS, ERROR_BEFORE, ERROR_AFTER)


def warp_error_report(counts: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return the mean warping error per pair of frames, before and after blending, to three significant digits."""
    pairs = counts.get(PAIRS)
    if not pairs:
        return {}
    before, after = (float(f"{counts.get(name, 0) / pairs:.3g}") for name in (ERROR_BEFORE, ERROR_AFTER))
    return {"cartoon_warp_error": {"before": before, "after": after}}
