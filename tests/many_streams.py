"""Small films with several sound tracks, subtitles, fonts, a cover, chapters, a timecode and metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.stream import Disposition
from containers import moving_picture

TICK = Fraction(1, 1000)
SAMPLE_RATE = 48000
LINES = {
    "subrip": b"Bonjour",
    "webvtt": b"Bonjour",
    "ass": b"0,0,Default,,0,0,0,,{\\i1}Bonjour{\\i0}",
    "mov_text": b"\x00\x07Bonjour",
}
"""The packet of one line of text for each kind of subtitle."""
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Alignment
Style: Default,Arial,20,&H00FFFFFF,0,0,2
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass
class Contents:
    """What a film holds beside its picture.

    Attributes:
        sounds: (FFmpeg's encoder, channel layout) of each sound track at 48 kHz; the n-th is a tone of n * 440 Hz,
            half as loud in each further channel.
        subtitles: kinds of subtitles, keys of `LINES`; each has one line from 0.5 to 0.9 s.
        languages: of the sound tracks, then of the subtitles.
        titles: likewise.
        default: number of the sound track that is the default one.
        font: whether there is an attachment.
        cover: whether there is a picture of the cover; MP4 only.
        chapters: start of each chapter, seconds.
        metadata: of the film.
    """

    sounds: Sequence[tuple[str, str]] = ()
    subtitles: Sequence[str] = ()
    languages: Sequence[str] = ("eng", "fre", "ger")
    titles: Sequence[str] = ()
    default: int = 0
    font: bool = False
    cover: bool = False
    chapters: Sequence[float] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def write_many_streams(
    path: Path,
    contents: Contents,
    codec: str = "libx264",
    frames: int = 40,
    rate: Fraction = Fraction(25),
    pixel: str = "yuv420p",
    size: tuple[int, int] = (96, 64),
) -> Path:
    """Write a film of moving pictures with all that `contents` names."""
    seconds = float(frames / rate)
    with av.open(str(path), "w") as out:
        picture = out.add_stream(codec, rate=rate, options={"x264-params": "mbtree=0"} if codec == "libx264" else {})
        picture.width, picture.height, picture.pix_fmt = *size, pixel
        picture.codec_context.time_base = 1 / rate
        tracks = [_add_sound(out, *sound) for sound in contents.sounds]
        texts = [_add_text(out, kind) for kind in contents.subtitles]
        still = _add_cover(out) if contents.cover else None
        _describe(out, contents, tracks, texts, seconds)
        packets = _picture_packets(picture, frames, rate, size)
        for n, track in enumerate(tracks):
            packets += _sound_packets(track, 440 * (n + 1), seconds)
        packets += [_text_packet(text, kind) for text, kind in zip(texts, contents.subtitles, strict=True)]
        out.start_encoding()
        if still is not None:
            out.mux(_cover_packet(still))
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


def _describe(out, contents: Contents, tracks: list, texts: list, seconds: float) -> None:
    for stream, language in zip([*tracks, *texts], contents.languages, strict=False):
        stream.metadata["language"] = language
    for stream, title in zip([*tracks, *texts], contents.titles, strict=False):
        stream.metadata["title"] = title
    for n, track in enumerate(tracks):
        track.disposition = Disposition.default if n == contents.default else Disposition(0)
    if contents.font:
        out.add_attachment("font.ttf", "font/ttf", b"\x00\x01\x00\x00" + bytes(200))
    if contents.chapters:
        pairs = zip(contents.chapters, [*contents.chapters[1:], seconds], strict=True)
        out.set_chapters([_chapter(n, a, b) for n, (a, b) in enumerate(pairs)])
    out.metadata.update(contents.metadata)


def _add_sound(out, codec: str, layout: str):
    stream = out.add_stream(codec, rate=SAMPLE_RATE, layout=layout)
    stream.bit_rate = 64_000 * stream.channels
    return stream


def _add_text(out, kind: str):
    if kind == "ass":
        stream = out.add_stream("ass")
        stream.codec_context.subtitle_header = ASS_HEADER
        return stream
    return out.add_mux_stream(kind, time_base=TICK)


def _add_cover(out):
    stream = out.add_mux_stream("png", width=16, height=16, time_base=TICK)
    stream.disposition = Disposition.attached_pic
    return stream


def _cover_packet(stream):
    packet = av.Packet(cv2.imencode(".png", np.full((16, 16, 3), 90, np.uint8))[1].tobytes())
    packet.pts = packet.dts = 0
    packet.time_base, packet.stream = TICK, stream
    return packet


def _chapter(n: int, start: float, end: float):
    times = {"start": round(start * 1000), "end": round(end * 1000), "time_base": TICK}
    return {"id": n, **times, "metadata": {"title": f"Chapter {n + 1}"}}


def _picture_packets(stream, frames: int, rate: Fraction, size) -> list:
    packets = []
    for n in range(frames):
        frame = av.VideoFrame.from_ndarray(moving_picture(n, *size), "rgb24").reformat(format=stream.pix_fmt)
        frame.pts, frame.time_base = n, 1 / rate
        packets += stream.encode(frame)
    return packets + stream.encode()


def tone(hertz: float, seconds: float, channels: int) -> np.ndarray:
    """A tone that is half as loud in each further channel, (channels, n) float32."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return np.stack([wave / 2**n for n in range(channels)]).astype(np.float32)


def _sound_packets(track, hertz: float, seconds: float) -> list:
    name = track.layout.name
    block = av.AudioFrame.from_ndarray(tone(hertz, seconds, track.channels), "fltp", name)
    block.rate, block.pts, block.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
    resampler = av.AudioResampler(track.format.name, name, SAMPLE_RATE, frame_size=track.frame_size or 1024)
    packets = [p for f in (*resampler.resample(block), *resampler.resample(None)) for p in track.encode(f)]
    return packets + track.encode()


def sound_of(path: Path, number: int) -> np.ndarray:
    """Samples of a sound track from its first one, (channels, n), full scale -1..1."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[number]
        to_float = av.AudioResampler("fltp", None, SAMPLE_RATE)
        blocks = [f.to_ndarray() for frame in container.decode(stream) for f in to_float.resample(frame)]
    return np.concatenate(blocks, 1)


def _text_packet(stream, kind: str):
    packet = av.Packet(LINES[kind])
    packet.pts = packet.dts = 500
    packet.duration, packet.time_base, packet.stream = 400, TICK, stream
    return packet
