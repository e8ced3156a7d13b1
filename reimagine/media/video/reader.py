"""Opening of a film, and decoding of its frames by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.audio.limits import check_duration, check_sound
from reimagine.media.container import error_reason, limit_pixels, open_container, use_decoding_threads
from reimagine.media.files import check_readable
from reimagine.media.images.matrices import MATRICES, matrix_of, usual_matrix
from reimagine.media.images.pixels import depth_of, pad_to_even, planar_format, plane, to_8_bits
from reimagine.media.midi.notes import read_notes
from reimagine.media.video.clock import first_sound_time, last_duration, repaired_times, start_time
from reimagine.media.video.fields import FieldComparison
from reimagine.media.video.film import MIDI_SUFFIXES, Film, fingerprint, is_constant_rate
from reimagine.media.video.frames import Frame
from reimagine.media.video.geometry import orientation, scaled, stored_size, upright
from reimagine.media.video.image_files import open_image_source, read_image, read_image_frames
from reimagine.media.video.reading import Reading
from reimagine.media.video.seeking import NO_TIMESTAMPS, KeyFrameIndex, numbered_pictures
from reimagine.media.video.speeds import VARIABLE_RATE, as_read

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame, VideoStream
    from av.container import InputContainer

__all__ = ["OnFrame", "open_container", "open_film", "read_film", "read_image"]

DEFAULT_RATE = Fraction(25)
"""Frames per second of a source that states none, such as a sound file."""
MIN_SIDE = 16
"""Pixels: smaller pictures are refused."""
MIDI_RELEASE = 2.0
"""Seconds added after the last note of a MIDI file, in which it fades out."""
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""Codes of transfer characteristics (ITU-T H.273, table 3) of high dynamic range."""

DECODING_ORDER = ("avi",)
"""Containers that store no times of display: FFmpeg adds the decoder's delay to them, and the film starts earlier."""

SHIFTED_BY_SEEKING = ("mpeg",)
"""Containers, such as VOB, whose timestamps FFmpeg gives to the wrong frames after seeking."""

OnFrame = Callable[[int, "np.ndarray"], None]
"""Receives a frame's number and its luma, (H, W) uint8."""


def open_film(path: Path, on_frame: OnFrame | None = None, reading: Reading | None = None) -> Film:
    """Decode a source once from end to end and return its properties.

    It is decoded twice if frames are made of fields and `on_frame` is given.

    Args:
        path: a film, a sound file, a MIDI file, an image, a folder of images or the pattern of an image sequence.
        on_frame: called with every frame, so that an analysis of all frames needs no second decoding.
        reading: options of how frames are made of the source's pictures, and of their times; its part is not cut out.

    Raises:
        MediaError: the source cannot be read, is empty, its picture is smaller than `MIN_SIDE`, or an option does not
            fit it.
    """
    path, reading, comparison = Path(path), reading or Reading(), FieldComparison()
    at_once = None if reading.remakes_frames else on_frame
    film = _open_source(path, comparison if reading.inverse_telecine else at_once, reading.of(path))
    film = as_read(film, reading, comparison.pictures)
    if reading.remakes_frames and on_frame:
        for frame in read_film(film):
            on_frame(frame.index, frame.luma)
    return film


def _open_source(path: Path, on_frame: OnFrame | None, reading: Reading) -> Film:
    """Decode a source once; `on_frame` is called with each of its pictures."""
    check_readable(path)
    if images := open_image_source(path, on_frame, reading):
        return _checked_size(images)
    if path.suffix.lower() in MIDI_SUFFIXES:
        return Film(str(path), fingerprint(path), 0, DEFAULT_RATE, 0, 0, read_notes(path).seconds + MIDI_RELEASE)
    from av.stream import Disposition

    with open_container(path) as container:
        sounds = len(container.streams.audio)
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not pictures and not sounds:
            raise MediaError(f"{path}: has neither picture nor sound; give a film, a sound file or images")
        if not pictures:
            check_sound(path, container.streams.audio[0])
            seconds = _sound_seconds(container)
            check_duration(path, seconds)
            return Film(str(path), fingerprint(path), 0, DEFAULT_RATE, 0, 0, seconds, sounds=sounds)
        limit_pixels(path, pictures[0], reading.max_megapixels)
        scan = _Scan(path, container, pictures[0], sounds)
        scan.decode(on_frame)
        film = scan.result()
    return _checked_size(_with_sound_offset(film))


def _with_sound_offset(film: Film) -> Film:
    """The film with the start of its sound, relative to that of its picture."""
    first = first_sound_time(Path(film.source)) if film.sounds else None
    return film if first is None else replace(film, sound_offset=first - film.start_time)


def _checked_size(film: Film) -> Film:
    if min(film.width, film.height) < MIN_SIDE:
        size = f"{film.width}x{film.height}"
        raise MediaError(f"{film.source}: is {size}; give a picture of at least {MIN_SIDE} pixels a side")
    return film


def _sound_seconds(container: InputContainer) -> float:
    if container.duration:
        return container.duration / 1e6
    end = 0.0
    for frame in container.decode(audio=0):
        end = float(frame.time or 0) + frame.samples / frame.sample_rate
    return end


class _Scan:
    """Decodes all pictures of a stream once and collects their times."""

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream, sounds: int) -> None:
        self.path, self.container, self.stream, self.sounds = path, container, stream, sounds
        self.index = KeyFrameIndex()
        self.pts: list[int | None] = []
        self.interlaced = 0
        self.resized = 0
        self.duration = 0
        self.film: Film | None = None
        self.damage = ""

    def decode(self, on_frame: OnFrame | None) -> None:
        """Decode up to the end of the file, or to where it breaks off."""
        from av.error import FFmpegError

        use_decoding_threads(self.stream)
        try:
            for picture in self.index.pictures(self.container, self.stream):
                self._add(picture, on_frame)
        except (FFmpegError, OSError) as error:
            if not self.pts:
                raise
            self.damage = f"the file breaks off after frame {len(self.pts)} ({error_reason(error)})"

    def _add(self, picture: VideoFrame, on_frame: OnFrame | None) -> None:
        if self.film is None:
            self.film = _properties(self.path, self.stream, picture, self.sounds)
        same_size = scaled(picture, stored_size(self.film), picture.format.name)
        self.resized += same_size is not picture
        self.interlaced += picture.interlaced_frame
        self.duration = picture.duration or 0
        self.pts.append(picture.pts)
        if on_frame:
            on_frame(len(self.pts) - 1, _luma(same_size))

    def result(self) -> Film:
        """The film, with the number of its frames, their times, and remarks."""
        if self.film is None:
            raise MediaError(
                f"{self.path}: holds no frame that can be decoded; it is damaged, or its codec is not supported"
            )
        interlaced = self.interlaced > len(self.pts) // 2
        film = replace(self.film, frames=len(self.pts), interlaced=interlaced, key_frames=self.index.key_frames())
        film = self._with_times(film)
        return replace(film, seconds=float(film.time(film.frames)), notes=(*self._notes(film), *film.notes))

    def _notes(self, film: Film) -> Iterator[str]:
        if self.damage:
            yield self.damage
        if self.index.damaged:
            yield f"{self.index.damaged} damaged packets of the picture were left out"
        if film.ticks:
            yield VARIABLE_RATE
        if film.rotation or film.mirrored:
            turns = [f"rotated by {film.rotation} degrees"] if film.rotation else []
            turns += ["mirrored"] if film.mirrored else []
            yield f"{' and '.join(turns)}, as the file's metadata says"
        if self.resized:
            yield f"{self.resized} frames have another size: they are scaled to {film.width}x{film.height}"

    def _with_times(self, film: Film) -> Film:
        """The film with its rate or its frames' own times, and its place on the container's clock."""
        assert self.stream.time_base is not None
        tick = Fraction(self.stream.time_base)
        untimed = bool(self.container.format.flags & NO_TIMESTAMPS)
        pts = None if untimed else repaired_times(self.pts)
        if pts is None:
            note = () if untimed else ("frame times out of order: a constant rate is assumed",)
            return replace(film, packets=tuple(self.index.packets), start_time=start_time(self.stream), notes=note)
        if pts == self.pts and self.container.format.name not in SHIFTED_BY_SEEKING:
            film = replace(film, pts=tuple(pts))
        else:
            film = replace(film, packets=tuple(self.index.packets))
        in_order = self.container.format.name in DECODING_ORDER
        first = float(pts[0] * tick)
        start = start_time(self.stream) if in_order else first
        film = replace(film, start_time=start, packet_delay=first - start)
        film = self._with_rate(film, [p - pts[0] for p in pts], tick)
        length = self.container.duration
        end = ((self.container.start_time or 0) + length) / 1e6 if length else None
        available = None if end is None else end - film.start_time - float(film.time(film.frames - 1))
        duration = last_duration(self.duration * tick, film.rate, bool(film.ticks), available)
        return replace(film, last_duration=Fraction(0) if self.damage else duration)

    def _with_rate(self, film: Film, ticks: list[int], tick: Fraction) -> Film:
        if len(ticks) == 1 or not ticks[-1] or self.damage:
            return film
        nominal = Fraction(self.stream.guessed_rate or film.rate)
        rate = next((r for r in (film.rate, nominal) if is_constant_rate(ticks, tick, r)), None)
        if rate is not None:
            return replace(film, rate=rate)
        measured = Fraction(len(ticks) - 1) / (ticks[-1] * tick)
        return replace(film, rate=measured.limit_denominator(1001), ticks=tuple(ticks), tick=tick)


def _luma(picture: VideoFrame) -> np.ndarray:
    """(H, W) uint8."""
    format = picture.format
    if format.name not in ("gray", "nv12") and planar_format(format) != format.name.replace("yuvj", "yuv"):
        picture = picture.reformat(format="gray")
    return to_8_bits(plane(picture, 0), depth_of(picture.format.name))


def _properties(path: Path, stream: VideoStream, picture: VideoFrame, sounds: int) -> Film:
    """What the first frame and the stream's header say of a film."""
    width, height = picture.width, picture.height
    rotation, mirrored = orientation(picture)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    if rotation in (90, 270):
        width, height, aspect = height, width, 1 / aspect
    rgb = picture.format.is_rgb  # is converted to limited range
    return Film(
        str(path),
        fingerprint(path),
        0,
        Fraction(stream.average_rate or stream.guessed_rate or DEFAULT_RATE),
        width,
        height,
        0.0,
        sounds=sounds,
        rotation=rotation,
        mirrored=mirrored,
        picture_stream=stream.container.streams.video.index(stream),
        matrix=matrix_of(int(picture.colorspace)) or usual_matrix(height),
        full=not rgb and (int(picture.color_range) == 2 or picture.format.name.startswith("yuvj")),
        pixel_format=planar_format(picture.format),
        hdr=HDR_TRANSFERS.get(int(picture.color_trc), ""),
        aspect=aspect,
    )


def read_film(film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames `start` to `stop` (exclusive; by default all) of a source, upright, progressive, planar YUV."""
    stop = film.frames if stop is None else min(stop, film.frames)
    if film.stills:
        yield from read_image_frames(film, start, stop)
        return
    if start >= stop:
        return
    for number, picture in upright(numbered_pictures(film, film.first_picture(start)), film):
        index = number - film.first
        if index >= start:
            yield Frame(index, pad_to_even(_planar(picture, film)), matrix=film.matrix, full=film.full)
        if index >= stop - 1:
            return


def _planar(picture: VideoFrame, film: Film) -> VideoFrame:
    """A picture in the pixel format of the film."""
    if picture.format.name.replace("yuvj", "yuv") == film.pixel_format:
        return picture
    if picture.format.is_rgb:
        converted = picture.reformat(
            format=film.pixel_format,
            dst_colorspace=MATRICES[film.matrix].swscale,
            src_color_range="JPEG",
            dst_color_range="MPEG",
        )
    else:
        converted = picture.reformat(format=film.pixel_format)
    converted.pts, converted.time_base = picture.pts, picture.time_base
    return converted
