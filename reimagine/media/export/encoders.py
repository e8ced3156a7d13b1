"""Video encoders of the finished film: their options, limits and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

X26X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
"""Speed presets of x264 and x265."""
AV1_PRESETS = tuple(str(number) for number in range(14))
"""Speed presets of SVT-AV1."""
NVENC_PRESETS = tuple(f"p{number}" for number in range(1, 8))
"""Speed presets of NVENC."""
QSV_PRESETS = ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
"""Speed presets of Quick Sync."""
ARCHIVE_SLICES = 16
"""Slices per frame of FFV1 for archives, each with its own CRC."""


@dataclass(frozen=True)
class VideoEncoder:
    """An encoder of FFmpeg and how it is used.

    Attributes:
        name: FFmpeg's name.
        pixel_format: FFmpeg's name.
        deep_formats: those for films of more than 8 bits, one for each kind of chroma, the default first.
        lossless: whether the encoder keeps every picture as it is, in its own pixel format.
        suffix: the container if no output is given and nothing needs another.
        crf: largest constant rate factor; 0 if the encoder has none.
        default_crf: None leaves it to the encoder.
        presets: speed presets.
        default_preset: None leaves it to the encoder.
        options: of the encoder.
        sound: FFmpeg's encoder of new sound; empty: by the container.
        smallest: width and height in pixels of the smallest picture.
        quality: FFmpeg's option for the constant rate factor.
        device: FFmpeg's name of the hardware that frames are copied to; empty if the encoder takes them from memory.
    """

    name: str
    pixel_format: str = "yuv420p"
    suffix: str = ".mp4"
    crf: int = 0
    default_crf: int | None = None
    presets: tuple[str, ...] = ()
    default_preset: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    sound: str = ""
    smallest: tuple[int, int] = (0, 0)
    quality: str = "crf"
    device: str = ""
    deep_formats: tuple[str, ...] = ()
    lossless: bool = False


ENCODERS = {
    # with mbtree the same frames can give different packets
    "h264": VideoEncoder(
        "libx264", "yuv420p", ".mp4", 51, 18, X26X_PRESETS, "veryfast", options={"x264-params": "mbtree=0"}
    ),
    "hevc": VideoEncoder(
        *("libx265", "yuv420p", ".mp4", 51, 18, X26X_PRESETS, "veryfast"),
        options={"x265-params": "log-level=error"},
        deep_formats=("yuv420p10le", "yuv422p10le", "yuv444p10le"),
    ),
    "vp9": VideoEncoder("libvpx-vp9", "yuv420p", ".mp4", 63, 18, options={"b": "0"}),
    "av1": VideoEncoder("libsvtav1", "yuv420p", ".mp4", 63, None, AV1_PRESETS, deep_formats=("yuv420p10le",)),
    "ffv1": VideoEncoder("ffv1", "yuv420p", ".mkv", lossless=True),
    "prores": VideoEncoder("prores_ks", "yuv422p10le", ".mov"),
}
"""The encoder for each video codec."""
_NVENC = VideoEncoder("", crf=51, default_crf=18, presets=NVENC_PRESETS, quality="cq", options={"rc": "vbr", "b": "0"})
_QSV = VideoEncoder("", "nv12", crf=51, default_crf=18, presets=QSV_PRESETS, quality="global_quality")
_VAAPI = VideoEncoder("", "nv12", crf=52, default_crf=18, quality="qp", device="vaapi")
_VIDEOTOOLBOX = VideoEncoder("", options={"b": "20M"})
HARDWARE_ENCODERS = {
    f"{codec}_{maker}": replace(template, name=f"{codec}_{maker}")
    for maker, template, codecs in (
        ("nvenc", _NVENC, ("h264", "hevc", "av1")),
        ("qsv", _QSV, ("h264", "hevc", "av1")),
        ("vaapi", _VAAPI, ("h264", "hevc", "av1")),
        ("videotoolbox", _VIDEOTOOLBOX, ("h264", "hevc")),
    )
    for codec in codecs
} | {"prores_videotoolbox": VideoEncoder("prores_videotoolbox", "p210le", ".mov", options={"profile": "hq"})}
"""Encoders of graphics processors; FFmpeg has some of them, and can open those for which there is a device."""
ARCHIVE_PRESETS = {
    "ffv1": VideoEncoder(
        *("ffv1", "yuv420p", ".mkv"),
        options={"level": "3", "g": "1", "slices": str(ARCHIVE_SLICES), "slicecrc": "1", "coder": "1", "context": "0"},
        sound="flac",
        lossless=True,
    ),
    "prores-hq": VideoEncoder("prores_ks", "yuv422p10le", ".mov", options={"profile": "hq"}, sound="pcm_s24le"),
    "prores-4444": VideoEncoder("prores_ks", "yuv444p10le", ".mov", options={"profile": "4444"}, sound="pcm_s24le"),
    "dnxhr": VideoEncoder(
        "dnxhd", "yuv422p", ".mov", options={"profile": "dnxhr_hq"}, sound="pcm_s24le", smallest=(256, 120)
    ),
    "dnxhr-hqx": VideoEncoder(
        "dnxhd", "yuv422p10le", ".mov", options={"profile": "dnxhr_hqx"}, sound="pcm_s24le", smallest=(256, 120)
    ),
}
"""The encoder for each archive preset."""
