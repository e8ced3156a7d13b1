"""Limits of sound: what lies beyond them is damage, or would take more memory than machines have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError

if TYPE_CHECKING:
    from av import AudioStream

SAMPLE_RATES = (1_000, 768_000)
"""Lowest and highest samples per second of a sound track."""
MAX_CHANNELS = 64
"""Channels of a sound track, at most."""
MAX_SECONDS = 24 * 3600
"""Duration of a sound, at most."""


def check_duration(path: Path, seconds: float) -> None:
    """Refuse a sound that is too long.

    Raises:
        MediaError: the duration, and the limit.
    """
    if not seconds <= MAX_SECONDS:
        raise MediaError(
            f"{path}: states a duration of {seconds:.4g} s, and the limit is {MAX_SECONDS} s; divide it or repair it"
        )


def check_sound(path: Path, stream: AudioStream) -> None:
    """Refuse a sound track whose rate or number of channels no recording has.

    Raises:
        MediaError: what it states, and the limits.
    """
    if stream.codec_context is None:
        raise MediaError(f"{path}: its sound track has a format that FFmpeg cannot decode; convert it to WAV or FLAC")
    low, high = SAMPLE_RATES
    if not low <= stream.rate <= high:
        raise MediaError(f"{path}: has {stream.rate} samples per second; give a sound of {low} to {high}")
    if not 1 <= stream.channels <= MAX_CHANNELS:
        raise MediaError(f"{path}: has {stream.channels} sound channels; give a sound of 1 to {MAX_CHANNELS}")
