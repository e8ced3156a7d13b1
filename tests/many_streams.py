"""Small films with several sound tracks, subtitles, fonts, a cover, chapters, a timecode and metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.stream import Disposition
from containers import moving_picture

TICK = Fraction(1, 1000)
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


def write_many_streams(
    path: Path,
    codec: str = "libx264",
    sounds: Sequence[tuple[str, str]] = (),
    subtitles: Sequence[str] = (),
    languages: Sequence[str] = ("eng", "fre", "ger"),
    font: bool = False,
    cover: bool = False,
    chapters: Sequence[float] = (),
    metadata: Mapping[str, str] | None = None,
    timecode: str = "",
    default: int = 0,
    frames: int = 40,
    rate: Fraction = Fraction(25),
    aspect: Fraction = Fraction(1),
    pixel: str = "yuv420p",
    size: tuple[int, int] = (96, 64),
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write a film whose n-th sound is a tone of n * 440 Hz, louder in the first channel.

    Args:
        sounds: (FFmpeg's encoder, channel layout) of each sound track at 48 kHz; "pcm_s24le/7" is 7 tones.
        subtitles: kinds of subtitles, keys of `LINES`; each has one line from 0.5 to 0.9 s.
        languages: of the sound tracks, then of the subtitles.
        chapters: start of each chapter, seconds.
        default: number of the sound track that is the default one.
    """
    options = dict(options or {"g": "12", **({"x264-params": "mbtree=0"} if codec == "libx264" else {})})
    with av.open(str(path), "w", options={"movflags": "+use_metadata_tags"} if path.suffix == ".x" else {}) as out:
        picture = out.add_stream(codec, rate=rate, options=options)
        picture.width, picture.height, picture.pix_fmt = *size, pixel
        picture.codec_context.time_base, picture.codec_context.sample_aspect_ratio = 1 / rate, aspect
        tracks = [_add_sound(out, *sound) for sound in sounds]
        texts = [_add_text(out, kind) for kind in subtitles]
        for stream, language in zip([*tracks, *texts], languages, strict=False):
            stream.metadata["language"] = language
        for n, track in enumerate(tracks):
            track.disposition = Disposition.default if n == default else Disposition(0)
        still = _add_cover(out) if cover else None
        if font:
            out.add_attachment("font.ttf", "font/ttf", b"\x00\x01\x00\x00" + bytes(200))
        if chapters:
            ends = [*chapters[1:], float(frames / rate)]
            pairs = zip(chapters, ends, strict=True)
            out.set_chapters([_chapter(n, a, b) for n, (a, b) in enumerate(pairs)])
        out.metadata.update(metadata or {})
        if timecode:
            out.metadata["timecode"] = timecode
        seconds = float(frames / rate)
        packets = _picture_packets(picture, frames, rate, size)
        for n, track in enumerate(tracks):
            packets += _sound_packets(track, 440 * (n + 1), seconds)
        packets += [_text_packet(text, kind) for text, kind in zip(texts, subtitles, strict=True)]
        out.start_encoding()
        if still is not None:
            out.mux(_cover_packet(still))
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


def _add_sound(out, codec: str, layout: str):
    stream = out.add_stream(codec, rate=48000, layout=layout)
    stream.bit_rate = 0 if codec.startswith(("pcm", "flac", "alac")) else 160_000
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


def tone(hertz: float, seconds: float, channels: int, rate: int = 48000) -> np.ndarray:
    """A tone that is half as loud in each further channel, (channels, n) float32."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave / 2**n for n in range(channels)]).astype(np.float32)


def _sound_packets(track, hertz: float, seconds: float) -> list:
    samples = tone(hertz, seconds, track.channels)
    block = av.AudioFrame.from_ndarray(samples, "fltp", track.layout.name)
    block.rate, block.pts, block.time_base = 48000, 0, Fraction(1, 48000)
    name, rate = track.layout.name, 48000
    resampler = av.AudioResampler(track.format.name, name, rate, frame_size=track.frame_size or 1024)
    packets = [p for f in (*resampler.resample(block), *resampler.resample(None)) for p in track.encode(f)]
    return packets + track.encode()


def _text_packet(stream, kind: str):
    packet = av.Packet(LINES[kind])
    packet.pts = packet.dts = 500
    packet.duration, packet.time_base, packet.stream = 400, TICK, stream
    return packet
