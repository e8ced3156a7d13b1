"""How a source is read: options of every command that takes a film."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from reimagine.errors import MediaError, RecipeError, unknown_name
from reimagine.media.images.names import is_pattern
from reimagine.media.images.sizes import MAX_MEGAPIXELS, MOST_MEGAPIXELS
from reimagine.media.video.film import fingerprint
from reimagine.media.video.rates import HIGHEST_RATE, LOWEST_RATE, exact_rate
from reimagine.media.video.shot_table import check_table
from reimagine.media.video.shots import CUT_THRESHOLD, CUT_THRESHOLDS
from reimagine.options import LENGTHS, Range, check_ranges

DEINTERLACING = ("auto", "none", "frame", "field")
"""Values of `deinterlace`; "auto" is "frame" if most pictures are marked as interlaced, else "none"."""


@dataclass(frozen=True)
class Reading:
    """Options of how a source is read. Each field is an option of the command line.

    Films that are opened with different options are different inputs of all steps.
    """

    start: Annotated[float | None, "Start of the part to use, in seconds", LENGTHS] = None
    end: Annotated[float | None, "End of the part to use, in seconds", LENGTHS] = None
    rate: Annotated[
        float | None,
        "Frames per second that the film really ran at: 16, 18, 23.976; sound follows",
        Range(LOWEST_RATE, HIGHEST_RATE),
    ] = None
    output_rate: Annotated[
        float | None, "Frames per second of the finished film; frames are repeated", Range(LOWEST_RATE, HIGHEST_RATE)
    ] = None
    as_film: Annotated[bool, "The images of a folder are the frames of one film, in the order of their numbers"] = False
    deinterlace: Annotated[str, "none, frame (one per pair of fields), field (one per field, 50i to 50p), auto"] = (
        "auto"
    )
    inverse_telecine: Annotated[bool, "Undo telecine: 29.97i to the 23.976 frames per second of the film"] = False
    shots: Annotated[Path | None, "Table of shots (.csv, .otio) to use instead of detected ones; see `shots`"] = None
    cut_threshold: Annotated[
        float, "Threshold of cut detection, a lower one finds more cuts", Range(*CUT_THRESHOLDS)
    ] = CUT_THRESHOLD
    max_megapixels: Annotated[float, "Size of a picture, at most, in megapixels", Range(1, MOST_MEGAPIXELS)] = (
        MAX_MEGAPIXELS
    )

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            RecipeError: one is out of its range, or `end` is not after `start`.
        """
        check_ranges(self)
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise RecipeError(f"--end {self.end:g} is not after --start {self.start:g}; give a later end")

    def of(self, source: Path) -> Reading:
        """The reading of a source: a pattern of images is always a film."""
        return replace(self, as_film=True) if is_pattern(source) else self

    @property
    def remakes_frames(self) -> bool:
        """Whether the frames are others than the pictures of the source."""
        return self.inverse_telecine or self.deinterlace == "field"

    def check(self) -> None:
        """Check the options before the film is read.

        Raises:
            MediaError: an option has no valid value, or the table of shots cannot be used.
        """
        if self.shots:
            check_table(self.shots)
        self._check_rates()
        if self.deinterlace not in DEINTERLACING:
            raise MediaError(unknown_name("--deinterlace", self.deinterlace, DEINTERLACING))
        if self.inverse_telecine and self.deinterlace in ("frame", "field"):
            raise MediaError(
                f"--inverse-telecine makes whole frames of fields; leave out --deinterlace {self.deinterlace}"
            )

    def _check_rates(self) -> None:
        given = {"--rate": self.rate, "--output-rate": self.output_rate}
        rates = {option: exact_rate(value, option) for option, value in given.items() if value is not None}
        if len(rates) == 2 and rates["--output-rate"] < rates["--rate"]:
            raise MediaError(
                f"--output-rate {self.output_rate:g}: would drop frames of a film of {self.rate:g} per second; "
                "give a rate that is not lower"
            )

    def identity(self) -> list[Any]:
        """What distinguishes this reading from others: start, end, and each other option that is not its default.

        Files count with their contents.
        """
        defaults = vars(Reading(self.start, self.end))
        changed = ((name, _content(value)) for name, value in vars(self).items() if value != defaults[name])
        return [self.start, self.end, *(f"{name}={value}" for name, value in changed)]


def _content(value: Any) -> Any:
    return fingerprint(value) if isinstance(value, Path) else value
