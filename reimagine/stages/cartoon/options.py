"""Options, range checks and report entries shared by the models of this stage. Loads neither NumPy nor OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from reimagine.errors import StageError

Strength = Annotated[float, "Opacity of the drawing over the film, 0 to 1"]
TemporalStrength = Annotated[float, "Weight of the previous drawing where the picture has not changed, 0 to 1"]

PAIRS = "pairs compared"
"""Count: consecutive frames of one shot, whose warping error was measured."""
ERROR_BEFORE = "warping error before, summed"
"""Count: warping errors of the drawings before temporal blending."""
ERROR_AFTER = "warping error after, summed"
"""Count: warping errors of the output."""
WARP_COUNTS = (PAIRS, ERROR_BEFORE, ERROR_AFTER)


def check_range(option: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Check that the value of an option lies in [low, high].

    Raises:
        StageError: it does not; the line names the option and its range.
    """
    if not low <= value <= high:
        raise StageError(f"cartoon: --{option} {value:g} is out of range; give {low:g} to {high:g}{unit}")


def check_blending(strength: float, temporal_strength: float, line: float) -> None:
    """Check the options that all models of this stage have.

    Raises:
        StageError: one of them is not in 0..1.
    """
    check_range("strength", strength, 0, 1)
    check_range("temporal-strength", temporal_strength, 0, 1)
    check_range("line", line, 0, 1)


def warp_error_report(counts: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return the mean warping error per pair of frames, before and after blending, to three significant digits."""
    pairs = counts.get(PAIRS)
    if not pairs:
        return {}
    before, after = (float(f"{counts[name] / pairs:.3g}") for name in (ERROR_BEFORE, ERROR_AFTER))
    return {"cartoon_warp_error": {"before": before, "after": after}}
