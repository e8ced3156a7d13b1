"""Sound in memory, read from any file that FFmpeg decodes and written as WAV, FLAC, OGG, MP3 or M4A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.sound_timeline import SoundTimeline

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

SAMPLE_RATE = 48000
"""Samples per second of sound that has no other rate, as is usual for films."""
UNKNOWN_DURATION = 60
"""Seconds of memory reserved for a sound track that does not state its duration."""
MAX_RESERVED = 4 * 3600
"""Seconds of memory reserved for a sound track, at most: what it states may be damaged."""
AAC_BIT_RATE = 192_000
"""Bits per second."""
AAC_FRAME = 1024
"""Samples per AAC frame."""


@dataclass(frozen=True)
class Sound:
    """Samples and their rate.

    Attributes:
        samples: (channels, n) float32; full scale is -1..1.
        rate: samples per second.
    """

    samples: np.ndarray
    rate: int

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.samples.shape[0]

    @property
    def length(self) -> int:
        """Samples per channel."""
        return self.samples.shape[1]

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.length / self.rate

    def mono(self) -> np.ndarray:
        """Mean of the channels, (n,) float32."""
        return self.samples.mean(0)

    def at_rate(self, rate: int) -> Sound:
        """The sound resampled to `rate` samples per second, with soxr at high quality."""
        import soxr

        if rate == self.rate:
            return self
        return Sound(soxr.resample(self.samples.T, self.rate, rate).T.astype("float32"), rate)

    def at_speed(self, speed: Fraction) -> Sound:
        """The sound played at `speed` times its speed; its pitch changes with it, as on a projector."""
        import soxr

        if speed == 1:
            return self
        return Sound(soxr.resample(self.samples.T, float(self.rate * speed), self.rate).T.astype("float32"), self.rate)

    def stereo(self) -> Sound:
        """The sound with two channels; other than two are averaged and doubled."""
        import numpy as np

        if self.channels == 2:
            return self
        return Sound(np.repeat(self.samples.mean(0, keepdims=True), 2, 0), self.rate)

    def fit_length(self, length: int) -> Sound:
        """The sound cut to `length` samples, or extended to it by a fade-out of 1 s and silence."""
        import numpy as np

        if self.length >= length:
            return Sound(self.samples[:, :length], self.rate)
        samples = np.pad(self.samples, ((0, 0), (0, length - self.length)))
        fade = min(self.rate, self.length)
        if fade:
            samples[:, self.length - fade : self.length] *= np.linspace(1, 0, fade, dtype="float32")
        return Sound(samples, self.rate)


def silence(seconds: float, rate: int = SAMPLE_RATE, channels: int = 2) -> Sound:
    """Samples of value 0."""
    import numpy as np

    return Sound(np.zeros((channels, round(seconds * rate)), "float32"), rate)


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
            its own. An hour of mono sound at 22,050 Hz takes 0.3 GB.
        channels: 1 to average the channels while the sound is decoded; by default as many as it has, at most 2.
        zero: a time on the container's clock, in seconds, such as that of the first frame: silence is put before
            sound that starts later, and earlier samples are left out; by default the time of the first sample.

    Raises:
        MediaError: the file cannot be read, or has no sound.
    """
    from reimagine.media.container import open_container
    from reimagine.media.files import check_readable
    from reimagine.media.limits import check_sound

    check_readable(path)
    with open_container(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: has no sound track; give a film or a sound file that has one")
        stream = container.streams.audio[0]
        check_sound(path, stream)
        rate = rate or stream.rate
        blocks = _limited(_decoded_blocks(container, stream, rate, channels, zero), path, rate)
        samples = _joined(blocks, int(_expected_seconds(stream) * rate) + rate)
    if samples is None or not (samples.shape[1] or zero is not None):
        raise MediaError(f"{path}: its sound track is empty; give a file that has sound")
    first = round(start * rate)
    last = None if seconds is None else first + round(seconds * rate)
    return Sound(samples[:, first:last], rate)


def _expected_seconds(stream: AudioStream) -> float:
    """The duration that a stream states, within the limits of what is reserved in advance."""
    stated = stream.duration * stream.time_base if stream.duration and stream.time_base else UNKNOWN_DURATION
    return float(min(max(stated, 0), MAX_RESERVED))


def _limited(blocks: Iterable[np.ndarray], path: Path, rate: int) -> Iterator[np.ndarray]:
    """The blocks, up to the longest sound that is read."""
    from reimagine.media.limits import check_duration

    length = 0
    for block in blocks:
        length += block.shape[1]
        check_duration(path, length / rate)
        yield block


def _joined(blocks: Iterable[np.ndarray], expected: int) -> np.ndarray | None:
    """Blocks (channels, n) joined along time; None if there are none. Memory is reserved for `expected` samples."""
    import numpy as np

    samples, end = None, 0
    for block in blocks:
        if samples is None:
            samples = np.empty((block.shape[0], expected), np.float32)
        if end + block.shape[1] > samples.shape[1]:
            samples = np.pad(samples, ((0, 0), (0, end // 2 + block.shape[1])))
        samples[:, end : end + block.shape[1]] = block
        end += block.shape[1]
    return None if samples is None else samples[:, :end]


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
            subtype = "FLOAT" if name == "WAV" else None
            soundfile.write(temporary, sound.samples.T, sound.rate, format=name, subtype=subtype)


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
    import numpy as np

    for start in range(0, sound.length, length):
        block = np.ascontiguousarray(sound.samples[:, start : start + length], np.float32)
        frame = av.AudioFrame.from_ndarray(block, "fltp", layout_name(sound))
        frame.rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
        yield frame
