"""The finished film: the last picture, the last sound, and all that nobody re-imagined, copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from reimagine.errors import MediaError, unknown_name
from reimagine.media.files import replace_atomically
from reimagine.media.film import IMAGE_SUFFIXES, Film
from reimagine.media.frames import Frame
from reimagine.media.reader import open_container
from reimagine.media.sound import Sound
from reimagine.media.writer import write_image

ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "prores": "prores_ks",
}

OUTPUT_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".m4v", ".avi", ".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mid")


@dataclass(frozen=True)
class Encoding:
    """How the finished film is written."""

    codec: str = "h264"
    crf: int = 18
    preset: str = "veryfast"

    def check(self, out: Path | None) -> None:
        """Refuse what cannot be written before any work is done."""
        if self.codec not in ENCODERS:
            raise MediaError(unknown_name("--codec", self.codec, ENCODERS))
        if out and out.suffix.lower() not in (*OUTPUT_SUFFIXES, *IMAGE_SUFFIXES):
            raise MediaError(f"{out}: unknown kind of film {out.suffix!r}; use {', '.join(OUTPUT_SUFFIXES[:4])}")


def export(film: Film, out: Path, picture: Iterable[Frame] | None, sound: Sound | None, how: Encoding) -> list[str]:
    """Write the finished film.

    Args:
        picture: the re-imagined frames; None copies the source's picture stream bit for bit.
        sound: the re-imagined sound; None copies all the source's sound streams untouched.

    Returns:
        What could not be copied and why, a sentence each.
    """
    if film.is_still:
        for frame in picture or ():
            write_image(out, frame.image[: film.height, : film.width])
        return []
    temporary, said = out.with_name("." + out.name), []
    with ExitStack() as stack:
        source = stack.enter_context(open_container(Path(film.source)))
        target = stack.enter_context(open_container(temporary, "w", options=_mux_options(out)))
        others = _others(source, target, film, sound is not None, said)
        streams = [_picture(source, target, film, picture, how), others]
        if sound is not None:
            streams.append(_encoded(target, sound))
        _copy_facts(source, target, film)
        _interleave(target, [s for s in streams if s is not None])
    replace_atomically(temporary, out)
    return said


def _mux_options(out: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if out.suffix in (".mp4", ".mov", ".m4v") else {}


Timed = Iterator[tuple[float, Any]]
"""(seconds, packet) in order."""


def _interleave(target, streams: list[Timed]) -> None:
    """Mux packets of all streams by time, so that nothing piles up in memory."""
    import heapq

    for _, packet in heapq.merge(*streams, key=lambda item: item[0]):
        target.mux(packet)


def _picture(source, target, film: Film, picture, how: Encoding) -> Timed | None:
    if picture is not None:
        return _encode_picture(target, film, picture, how)
    return _copy_picture(source, target, film) if film.frames else None


def _copy_picture(source, target, film: Film) -> Timed:
    stream = source.streams.video[0]
    copy = target.add_stream_from_template(stream)
    return _copied(film, {stream.index: copy})


def _encode_picture(target, film: Film, frames: Iterable[Frame], how: Encoding) -> Timed:
    tick = film.tick if film.ticks else 1 / film.rate
    options = {"crf": str(how.crf), "preset": how.preset} if how.codec in ("h264", "hevc") else {}
    if how.codec == "h264":
        options["x264-params"] = "mbtree=0"  # with it, the same frames do not give the same film twice
    options |= {"crf": str(how.crf), "b": "0"} if how.codec == "vp9" else {}
    stream = target.add_stream(ENCODERS[how.codec], rate=film.rate, options=options)
    stream.width, stream.height = film.width + film.width % 2, film.height + film.height % 2
    stream.pix_fmt = "yuv422p10le" if how.codec == "prores" else "yuv420p"
    context = stream.codec_context
    context.time_base, context.sample_aspect_ratio = tick, film.aspect
    context.color_range, context.colorspace = 2 if film.full else 1, 1 if film.matrix == "bt709" else 6
    context.thread_type, context.thread_count = "FRAME", 0

    def packets() -> Timed:
        for frame in frames:
            image = frame.picture
            image.pts, image.time_base = round(film.time(frame.index) / tick), tick
            image.pict_type = 0
            yield from timed(stream.encode(image))
        yield from timed(stream.encode())

    def timed(made) -> Timed:
        for packet in made:
            yield float((packet.dts if packet.dts is not None else packet.pts) * packet.time_base), packet

    return packets()


def _others(source, target, film: Film, new_sound: bool, said: list[str]) -> Timed | None:
    """Sound (unless there is a new one), subtitles: copied where the container allows."""
    kept = {}
    sounds = source.streams.audio[1:] if new_sound else source.streams.audio
    for stream in (*sounds, *source.streams.subtitles):
        if _takes(target, stream):
            kept[stream.index] = target.add_stream_from_template(stream)
            kept[stream.index].metadata.update(stream.metadata)
        elif stream.type == "audio":
            said.append(
                f"sound track {stream.index} ({stream.codec_context.name}) does not fit this "
                "container and was left out; -o film.mkv keeps it"
            )
        else:
            said.append(f"{stream.type} {stream.index} does not fit this container; -o film.mkv keeps it")
    return _copied(film, kept) if kept else None


def _takes(target, stream) -> bool:
    name = stream.codec_context.name if stream.codec_context else ""
    if target.format.name in ("mp4", "mov"):
        pcm = name.startswith("pcm_") and target.format.name == "mov"
        return pcm or name in (
            "aac",
            "mp3",
            "mp3float",
            "ac3",
            "eac3",
            "alac",
            "opus",
            "flac",
            "dts",
            "dca",
            "mov_text",
            "mp2",
        )
    if target.format.name == "webm":
        return name in ("opus", "vorbis", "webvtt", "libvorbis", "libopus")
    return name != "mov_text"


def _copied(film: Film, kept: dict[int, Any]) -> Timed:
    """Packets of some of the source's streams, cut to the film and moved to its start."""
    end = film.offset + film.seconds if film.trimmed else float("inf")
    origin = film.offset if film.trimmed else 0.0
    with open_container(Path(film.source)) as box:
        streams = [box.streams[i] for i in kept]
        if film.trimmed:
            box.seek(int(film.offset * 1e6))
        for packet in box.demux(streams):
            if packet.pts is None or packet.dts is None:
                continue
            time = float(packet.pts * packet.time_base)
            if not origin <= time < end and film.trimmed:
                continue
            shift = round(origin / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            at = float(packet.dts * packet.time_base)
            packet.stream = kept[packet.stream.index]
            yield at, packet


def _encoded(target, sound: Sound) -> Timed:
    """The new sound as AAC (or what the container wants), 192 kbit/s."""
    import av
    import numpy as np

    codec = {
        "webm": "libopus",
        "matroska": "aac",
        "mp3": "libmp3lame",
        "wav": "pcm_s16le",
        "flac": "flac",
        "ogg": "libvorbis",
    }.get(target.format.name, "aac")
    stream = target.add_stream(codec, rate=sound.rate)
    stream.layout = "stereo" if sound.channels == 2 else "mono"
    stream.bit_rate = 192_000
    resampler = av.AudioResampler(
        format=stream.format.name, layout=stream.layout.name, rate=sound.rate, frame_size=stream.frame_size or 1024
    )

    def packets() -> Timed:
        for start in range(0, sound.length, 65536):
            block = np.ascontiguousarray(sound.samples[:, start : start + 65536], np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.layout.name)
            frame.rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
            for ready in resampler.resample(frame):
                yield from timed(stream.encode(ready))
        for ready in resampler.resample(None):
            yield from timed(stream.encode(ready))
        yield from timed(stream.encode())

    def timed(made) -> Timed:
        for packet in made:
            yield float(packet.pts * packet.time_base), packet

    return packets()


def _copy_facts(source, target, film: Film) -> None:
    """Title and chapters travel with the film."""
    for name in ("title", "artist", "date", "comment", "language"):
        if name in source.metadata:
            target.metadata[name] = source.metadata[name]
    if not film.trimmed and (chapters := source.chapters()):
        target.set_chapters(chapters)
