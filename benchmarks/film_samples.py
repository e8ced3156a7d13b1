"""Generated films for `films.py`: containers, codecs, clocks, geometry, pixel formats and colour tags."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

FRAMES = 40
"""Frames of each film."""
BEEP = 25
"""Frame at whose time the sound is a beep."""
SAMPLE_RATE = 48000
"""Samples per second of the sound."""
BLOCK = 1024
"""Samples per packet that is given to an encoder."""
BITS = 8
"""Blocks of the frame number: seven bits, and their parity."""
SIDE = 12
"""Side of a block in pixels."""
MATRICES = {"bt601": Colorspace.ITU601, "bt709": Colorspace.ITU709, "bt2020": 9}
"""YUV matrices, as PyAV names them."""
CODES = {"bt601": (6, 6, 6), "bt709": (1, 1, 1), "bt2020": (9, 9, 14)}
"""Codes of matrix, primaries and transfer in H.273."""
X264 = {"g": "12", "x264-params": "scenecut=0"}
"""Options of H.264 with a key frame every 12 frames."""
B_FRAMES = {"g": "12", "bf": "3", "x264-params": "b-adapt=0:scenecut=0"}
"""Options of H.264 with B-frames."""
VARIABLE = tuple(int(n * 40 + 10 * (n % 3) + 200 * (n // 20)) for n in range(FRAMES))
"""Times in milliseconds of a variable frame rate."""


@dataclass(frozen=True)
class Sample:
    """What a film is made of.

    Attributes:
        title: for the table.
        name: of the file; the suffix selects the container.
        sound: codec of the sound; "" for none.
        stretches: (begin, end) in seconds of the parts of the sound on the container's clock; by default those of the
            picture. The beep is at the time of frame `BEEP`.
        times: of the frames, milliseconds; by default n / rate.
        start: time of the first frame on the container's clock, seconds.
        last: seconds that the last frame stands; 0 for one period.
        matrix: of the tags for matrix, primaries and transfer; "" for none.
        size: (w, h) in pixels of the picture as it is shown.
        rotation: degrees of the display matrix, counter-clockwise.
    """

    title: str
    name: str
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: X264)
    pixel: str = "yuv420p"
    size: tuple[int, int] = (128, 96)
    sound: str = "aac"
    stretches: Sequence[tuple[float, float]] = ()
    rate: Fraction = Fraction(25)
    times: Sequence[int] = ()
    start: float = 0.0
    last: float = 0.0
    matrix: str = ""
    full: bool = False
    aspect: Fraction = Fraction(1)
    rotation: int = 0

    def time(self, number: int) -> float:
        """Time of a frame since the first, seconds; that of frame `FRAMES` is the end."""
        if number == FRAMES:
            return self.time(FRAMES - 1) + (self.last or 1 / float(self.rate))
        return (self.times[number] - self.times[0]) / 1000 if self.times else number / float(self.rate)


PRORES = {"profile": "3"}
HEVC = {"x265-params": "log-level=none:keyint=12:bframes=3"}
SAMPLES = (
    Sample("MP4, H.264", "plain.mp4"),
    Sample("MP4, H.264, open GOP, B-frames", "open.mp4", options={**B_FRAMES, "x264-params": "open-gop=1:b-adapt=0"}),
    Sample("MP4, H.264, 23.976 frames/s", "ntsc.mp4", rate=Fraction(24000, 1001)),
    Sample("MKV, H.264, B-frames, FLAC", "film.mkv", options=B_FRAMES, sound="flac"),
    Sample("TS, H.264, starts at 1.4 s", "film.ts", options=B_FRAMES, start=1.4),
    Sample("M2TS, H.264, AC-3", "film.m2ts", sound="ac3"),
    Sample("VOB, MPEG-2, MP2", "film.vob", "mpeg2video", {"g": "12", "bf": "2"}, sound="mp2"),
    Sample("MPEG-2 in MXF, PCM", "film.mxf", "mpeg2video", {"g": "12"}, sound="pcm_s16le", size=(720, 576)),
    Sample("AVI, MPEG-4, PCM", "film.avi", "mpeg4", {"g": "12"}, sound="pcm_s16le"),
    Sample("AVI, MPEG-4, B-frames, PCM", "b.avi", "mpeg4", {"g": "12", "bf": "2"}, sound="pcm_s16le"),
    Sample("FLV, H.264", "film.flv"),
    Sample("WMV, WMV2", "film.wmv", "wmv2", {"g": "12"}, sound="wmav2"),
    Sample("WebM, VP9, Opus", "film.webm", "libvpx-vp9", {"g": "12", "deadline": "realtime"}, sound="libopus"),
    Sample("OGV, Theora, Vorbis", "film.ogv", "libtheora", sound="libvorbis"),
    Sample("raw H.264, B-frames", "film.h264", options=B_FRAMES, sound=""),
    Sample("GIF, variable rate, last frame 1 s", "film.gif", "gif", {}, "rgb8", sound="", times=VARIABLE, last=1.0),
    Sample("MP4, late sound (0.6 s)", "late.mp4", stretches=((0.6, 1.6),)),
    Sample("MKV, late picture (0.52 s)", "late.mkv", start=0.52, stretches=((0.0, 2.12),)),
    Sample("MKV, gap in the sound", "gap.mkv", stretches=((0.0, 0.4), (0.8, 1.6))),
    Sample("MP4, variable frame rate", "vfr.mp4", times=VARIABLE),
    Sample("MP4, last frame 3 s", "last.mp4", last=3.0),
    Sample("MP4, rotated by 90 degrees", "turned.mp4", rotation=90),
    Sample("MP4, anamorphic 16:15", "wide.mp4", aspect=Fraction(16, 15)),
    Sample("MKV, FFV1, odd size 127x95", "odd.mkv", "ffv1", {}, size=(127, 95), sound="flac"),
    Sample("MP4, full range", "full.mp4", pixel="yuvj420p", full=True),
    Sample("MP4, tagged BT.709", "tagged.mp4", matrix="bt709"),
    Sample(
        "MOV, ProRes 10-bit 4:2:2, PCM",
        "film.mov",
        "prores_ks",
        PRORES,
        "yuv422p10le",
        sound="pcm_s24le",
        matrix="bt709",
    ),
    Sample("MP4, HEVC 10-bit BT.2020", "hevc.mp4", "libx265", HEVC, "yuv420p10le", matrix="bt2020"),
    Sample("MKV, H.264 4:4:4", "444.mkv", pixel="yuv444p"),
    Sample("MKV, FFV1, RGB, 1280x720", "rgb.mkv", "ffv1", {}, "bgr0", (1280, 720), "flac"),
    Sample("MOV, PNG, RGB", "png.mov", "png", {}, "rgb24", sound="pcm_s16le"),
    Sample("image sequence, PNG", "png/%04d.png", "png", {}, "rgb24", sound=""),
    Sample("image sequence, TIFF, 16 bits", "tiff/%04d.tif", "tiff", {}, "rgb48le", sound=""),
    Sample("image sequence, DPX, 10 bits", "dpx/%04d.dpx", "dpx", {}, "gbrp10le", sound=""),
)


def image(number: int, width: int, height: int) -> np.ndarray:
    """Frame `number`: a coloured, moving scene with the frame number in black and white blocks; (h, w, 3) uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin((x * (1 + c) + 5 * number) / 17 + c) * np.cos(y / (13 + 4 * c)) for c in range(3)]
    picture = np.clip(np.dstack(waves) * 70 + 125, 0, 255).astype(np.uint8)
    bits = [number >> n & 1 for n in range(BITS - 1)]
    for n, bit in enumerate([*bits, sum(bits) % 2]):
        picture[:SIDE, n * SIDE : (n + 1) * SIDE] = 240 * bit + 8
    return picture


def frame_number(luma: np.ndarray) -> int | None:
    """The frame number in a picture, (h, w) in 0..255; None if it is not readable."""
    middle = luma[SIDE // 4 : -SIDE // 4 or None][: SIDE // 2]
    values = [float(middle[:, n * SIDE + 3 : (n + 1) * SIDE - 3].mean()) for n in range(BITS)]
    bits = [int(value > 128) for value in values]
    if bits[-1] != sum(bits[:-1]) % 2 or any(80 < value < 176 for value in values):
        return None
    return sum(bit << n for n, bit in enumerate(bits[:-1]))


def beeping(sample: Sample, begin: float, end: float) -> np.ndarray:
    """The sound between two times on the container's clock: silence, and a tone of 0.1 s; (samples,) float32."""
    time = np.arange(round((end - begin) * SAMPLE_RATE)) / SAMPLE_RATE + begin - sample.start - sample.time(BEEP)
    return (0.8 * np.cos(2 * np.pi * 1000 * time) * ((time >= 0) & (time < 0.1))).astype(np.float32)


def write(sample: Sample, folder: Path) -> Path:
    """Write a film."""
    path = folder / sample.name
    path.parent.mkdir(exist_ok=True)
    if sample.codec == "libtheora":  # PyAV has no encoder
        return _converted(write(SAMPLES[0], folder), path, "-c:v", sample.codec, "-q:v", "9", "-c:a", sample.sound)
    with av.open(str(path), "w") as container:
        stream = _add_picture(container, sample)
        track = container.add_stream(sample.sound, rate=SAMPLE_RATE, layout="mono") if sample.sound else None
        packets = _encoded_picture(stream, sample)
        packets += _encoded_sound(track, sample) if track else []
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            container.mux(packet)
    if sample.rotation:
        upright = path.rename(folder / f"upright-{sample.name}")
        return _converted(upright, path, "-c", "copy", before=("-display_rotation", str(sample.rotation)))
    return path


def _converted(source: Path, path: Path, *options: str, before: Sequence[str] = ()) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *before, "-i", str(source), *options, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def _add_picture(container, sample: Sample):
    stream = container.add_stream(sample.codec, rate=sample.rate, options=sample.options)
    stream.width, stream.height = sample.size[::-1] if sample.rotation in (90, 270) else sample.size
    stream.pix_fmt = sample.pixel
    stream.bit_rate = 4_000_000
    context = stream.codec_context
    context.time_base = Fraction(1, 1000) if sample.times or sample.last else 1 / sample.rate
    context.sample_aspect_ratio = sample.aspect
    if sample.matrix:
        context.colorspace, context.color_primaries, context.color_trc = CODES[sample.matrix]
    if sample.matrix or sample.full:
        context.color_range = 2 if sample.full else 1
    return stream


def _encoded_picture(stream, sample: Sample) -> list[av.Packet]:
    packets = []
    tick = stream.codec_context.time_base
    for n in range(FRAMES):
        picture = np.rot90(image(n, *sample.size), -sample.rotation // 90)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
        default = "bt709" if sample.size[1] >= 720 else "bt601"
        if sample.pixel in ("bgr0", "rgb8"):
            frame = frame.reformat(format=sample.pixel)
        elif sample.pixel != "rgb24":
            range_ = ColorRange.JPEG if sample.full else ColorRange.MPEG
            colorspace = MATRICES[sample.matrix or default]
            frame = frame.reformat(format=sample.pixel, dst_colorspace=colorspace, dst_color_range=range_)
        frame.pts, frame.time_base = round((sample.time(n) + sample.start) / tick), tick
        frame.duration = round((sample.time(n + 1) - sample.time(n)) / tick)
        if sample.matrix:
            _, frame.color_primaries, frame.color_trc = CODES[sample.matrix]
        frame.pict_type = 0
        packets += stream.encode(frame)
    packets += stream.encode()
    if sample.last:
        max(packets, key=lambda p: p.pts).duration = round(Fraction(sample.last) / packets[-1].time_base)
    return packets


def _encoded_sound(track, sample: Sample) -> list[av.Packet]:
    track.bit_rate = 128_000
    packets = []
    resampler = av.AudioResampler(format=track.format.name, layout="mono", rate=SAMPLE_RATE)
    for begin, end in sample.stretches or [(sample.start, sample.start + sample.time(FRAMES))]:
        samples = beeping(sample, begin, end)
        for n in range(0, len(samples) - BLOCK + 1, BLOCK):
            block = av.AudioFrame.from_ndarray(samples[None, n : n + BLOCK], "fltp", "mono")
            block.rate, block.pts = SAMPLE_RATE, round(begin * SAMPLE_RATE) + n
            block.time_base = Fraction(1, SAMPLE_RATE)
            for frame in resampler.resample(block):
                packets += track.encode(frame)
    return packets + track.encode()
