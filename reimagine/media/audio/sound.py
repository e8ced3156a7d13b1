"""Sound, read from any file that FFmpeg decodes and written as WAV, FLAC, OGG, MP3 or M4A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.audio.samples import Sound, silent_blocks, store
from reimagine.media.audio.timeline import SoundTimeline

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

SAMPLE_RATE = 48000
"""Samples per second of sound that has no other rate, as is usual for films."""
FLOAT_BYTES = 4
"""Bytes per sample of a WAV file."""
MAX_WAV_BYTES = 4_000_000_000
"""Bytes of samples that a WAV file holds; more are written as RF64 (EBU Tech 3306), which has the same suffix."""
AAC_BIT_RATE = 192_000
"""Bits per second."""
AAC_FRAME = 1024
"""Samples per AAC frame."""


def silence(seconds: float, rate: int = SAMPLE_RATE, channels: int = 2) -> Sound:
    """Samples of value 0."""
    return store(silent_blocks(round(seconds * rate), channels), rate, channels)


def read_sound(
    path: Path,
    start: float = 0.0,
    seconds: float | None = None,
    rate: int | None = None,
    channels: int | None = None,
    zero: float | None = None,
) -> Sound:
    """The first audio track of a film or sound file, in mono or stereo; gaps in it are filled with silence.

    Args:
        start: seconds after `zero` at which to start.
        seconds: duration; by default up to the end.
        rate: samples per second to which the sound is resampled while it is decoded (soxr, high quality); by default
            its own.
        channels: 1 to average the channels while the sound is decoded; by default as many as it has, at most 2.
        zero: a time on the container's clock, in seconds, such as that of the first frame: silence is put before
            sound that starts later, and earlier samples are left out; by default the time of the first sample.

    Raises:
        MediaError: the file cannot be read, or has no sound.
    """
    from reimagine.media.audio.limits import check_sound
    from reimagine.media.container import open_container
    from reimagine.media.files import check_readable

    check_readable(path)
    with open_container(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: has no sound track; give a film or a sound file that has one")
        stream = container.streams.audio[0]
        check_sound(path, stream)
        rate = rate or stream.rate
        blocks = _limited(_decoded_blocks(container, stream, rate, channels, zero), path, rate)
        block = next(blocks, None)
        sound = None if block is None else store(chain((block,), blocks), rate, len(block))
    if sound is None or not (sound.length or zero is not None):
        raise MediaError(f"{path}: its sound track is empty; give a file that has sound")
    first = round(start * rate)
    return sound.cut(first, sound.length if seconds is None else first + round(seconds * rate))


def _limited(blocks: Iterable[np.ndarray], path: Path, rate: int) -> Iterator[np.ndarray]:
    """The blocks, up to the longest sound that is read."""
    from reimagine.media.audio.limits import check_duration

    length = 0
    for block in blocks:
        length += block.shape[1]
        check_duration(path, length / rate)
        yield block


def _decoded_blocks(
    container: InputContainer, stream: AudioStream, rate: int, channels: int | None, zero: float | None
) -> Iterator[np.ndarray]:
    """Consecutive blocks of samples, (channels, n) float32, at `rate`, from the time `zero` on."""
    import av
    import soxr

    layout = "mono" if stream.channels == 1 else "stereo"
    to_float = av.AudioResampler(format="fltp", layout=layout, rate=stream.rate)
    timeline = SoundTimeline(stream.rate, zero)
    resampler = None
    for frame in chain(container.decode(stream), (None,)):
        missing = timeline.missing(frame) if frame else 0
        for part in to_float.resample(frame):
            block = part.to_ndarray()
            block = block.mean(0, keepdims=True) if channels == 1 else block
            block, missing = timeline.placed(block, missing), 0
            if rate != stream.rate:
                resampler = resampler or soxr.ResampleStream(stream.rate, rate, len(block), dtype="float32")
                block = resampler.resample_chunk(block.T).reshape(-1, len(block)).T
            yield block
    if resampler:
        import numpy as np

        count = 1 if channels == 1 or layout == "mono" else 2
        rest = resampler.resample_chunk(np.zeros((0, count), np.float32), last=True)
        yield rest.reshape(-1, count).T


def write_sound(path: Path, sound: Sound) -> None:
    """Write a sound file that is complete or, if the write is interrupted, absent.

    Args:
        path: the suffix selects the format: WAV (32-bit float), FLAC, OGG, MP3 or M4A (AAC).
        sound: mono or stereo.

    Raises:
        MediaError: the suffix is not that of a sound file.
    """
    import soundfile

    from reimagine.files import atomic_file

    name = path.suffix[1:].upper()
    if name != "M4A" and name not in soundfile.available_formats():
        raise MediaError(f"{path}: cannot write {path.suffix} sound; use .wav, .flac, .ogg, .mp3 or .m4a")
    with atomic_file(path) as temporary:
        if name == "M4A":
            _write_aac(temporary, sound)
        else:
            _write_blocks(temporary, sound, name)


def _write_blocks(path: Path, sound: Sound, format: str) -> None:
    import soundfile

    if format == "WAV" and sound.channels * sound.length * FLOAT_BYTES > MAX_WAV_BYTES:
        format = "RF64"
    subtype = "FLOAT" if format in ("WAV", "RF64") else None
    with soundfile.SoundFile(path, "w", sound.rate, sound.channels, subtype, format=format) as file:
        for block in sound.blocks():
            file.write(block.T)


def _write_aac(path: Path, sound: Sound) -> None:
    from reimagine.media.container import open_output

    with open_output(path, "ipod") as container:
        stream = container.add_stream("aac", rate=sound.rate)
        stream.bit_rate = AAC_BIT_RATE
        stream.layout = layout_name(sound)
        for frame in audio_frames(sound, AAC_FRAME):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def layout_name(sound: Sound) -> str:
    """FFmpeg's name of the channel layout."""
    return "mono" if sound.channels == 1 else "stereo"


def audio_frames(sound: Sound, length: int) -> Iterator[AudioFrame]:
    """The sound as frames of `length` samples, with their times; the last may be shorter."""
    import av

    for start in range(0, sound.length, length):
        block = sound.piece(start, start + length)
        frame = av.AudioFrame.from_ndarray(block, "fltp", layout_name(sound))
        frame.rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
        yield frame
