"""Encoders of graphics processors: which of them FFmpeg can open on this machine."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.container import error_reason, quiet_log
from reimagine.media.export.encoders import HARDWARE_ENCODERS, VideoEncoder

if TYPE_CHECKING:
    from av.codec.hwaccel import HWAccel

TRIAL_SIZE = (640, 480)
"""Width and height, in pixels, of the pictures for which an encoder is opened; some refuse very small ones."""


def acceleration(encoder: VideoEncoder) -> HWAccel | None:
    """The device to which frames are copied for an encoder; None if it takes them from memory."""
    from av.codec.hwaccel import HWAccel

    return HWAccel(encoder.device) if encoder.device else None


@cache
def _reason_not_usable(name: str) -> str:
    """Why FFmpeg cannot open an encoder here; empty if it can."""
    from av import CodecContext, VideoCodecContext
    from av.codec.codec import UnknownCodecError
    from av.error import FFmpegError

    encoder = HARDWARE_ENCODERS[name]
    quiet_log()
    try:
        context = CodecContext.create(encoder.name, "w", acceleration(encoder))
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = TRIAL_SIZE
        context.pix_fmt, context.time_base, context.framerate = encoder.pixel_format, Fraction(1, 25), Fraction(25)
        context.open()
    except UnknownCodecError:
        return "this FFmpeg does not have it"
    except NotImplementedError:  # of PyAV, where the encoder takes no frames of the device
        return "this FFmpeg cannot use its device"
    except FFmpegError as error:
        return f"no device or driver for it was found ({error_reason(error)})"
    return ""


def usable_encoders() -> list[str]:
    """Names of the hardware encoders that FFmpeg can open here."""
    return [name for name in HARDWARE_ENCODERS if not _reason_not_usable(name)]


def check_device(encoder: VideoEncoder) -> None:
    """Check that FFmpeg can open a hardware encoder here.

    Raises:
        MediaError: it cannot; the message names the codecs that can be used instead.
    """
    if reason := _reason_not_usable(encoder.name):
        known = ", ".join(usable_encoders()) or "h264, hevc or prores"
        raise MediaError(f"--codec {encoder.name}: {reason}; use {known}")
