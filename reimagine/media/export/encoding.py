"""Codec and quality of the finished film, checked before any work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from reimagine.errors import MediaError, unknown_name
from reimagine.media.export.containers import FILM_SUFFIXES, MXF_RATES, container_holds
from reimagine.media.export.encoders import ARCHIVE_PRESETS, ENCODERS, HARDWARE_ENCODERS, VideoEncoder
from reimagine.media.export.hardware import check_device, usable_encoders
from reimagine.media.export.images import check_kind, is_image_sequence
from reimagine.media.images.names import IMAGE_SUFFIXES
from reimagine.media.images.pixels import depth_of
from reimagine.media.score import SCORE_SUFFIXES
from reimagine.media.video.film import MIDI_SUFFIXES, Film

OUTPUT_SUFFIXES = (*FILM_SUFFIXES, ".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mid", *SCORE_SUFFIXES)
"""Films, sound files and notes that can be written."""
DEFAULT_CODECS = {".webm": "vp9", ".mxf": "prores"}
"""The codec for each container; for all others h264, or `DEEP_CODEC` for a film of more than 8 bits."""
DEEP_CODEC = "hevc"
"""The codec for films of more than 8 bits: players show 10 bits of HEVC, but not of H.264."""


@dataclass(frozen=True)
class Encoding:
    """How the finished film is encoded.

    Attributes:
        codec: a key of `ENCODERS` or `HARDWARE_ENCODERS`; None: vp9 in WebM, prores in MXF,
            h264 elsewhere; see `for_film`.
        crf: constant rate factor; lower is better and larger. None: the default of the codec.
        preset: the encoder's speed preset. None: the default of the codec.
        preset_archive: a key of `ARCHIVE_PRESETS`; it sets everything else.
        pix_fmt: FFmpeg's name of the pixel format, such as yuv420p10le; None: the default of the codec.
    """

    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    preset_archive: str | None = None
    pix_fmt: str | None = None

    def for_film(self, film: Film, out: Path | None) -> Encoding:
        """This encoding, with a codec that keeps the depth of a film if none is given and the output can hold it."""
        suffix = out.suffix.lower() if out else ".mp4"
        given = self.preset_archive or self.codec or suffix in (*DEFAULT_CODECS, *IMAGE_SUFFIXES)
        if given or depth_of(film.pixel_format) == 8 or not container_holds(suffix, "video", ENCODERS[DEEP_CODEC].name):
            return self
        return replace(self, codec=DEEP_CODEC)

    def name(self, suffix: str | None) -> str:
        """What the user calls the encoder for an output of this suffix."""
        return self.preset_archive or self.codec or DEFAULT_CODECS.get(suffix or "", "h264")

    def encoder(self, suffix: str | None) -> VideoEncoder:
        """The encoder for an output of this suffix."""
        if self.preset_archive:
            return ARCHIVE_PRESETS[self.preset_archive]
        return (ENCODERS | HARDWARE_ENCODERS)[self.name(suffix)]

    def options(self, encoder: VideoEncoder) -> dict[str, str]:
        """FFmpeg's options of the encoder."""
        crf = encoder.default_crf if self.crf is None else self.crf
        preset = self.preset or encoder.default_preset
        found = {encoder.quality: None if crf is None else str(crf), "preset": preset}
        return {name: value for name, value in found.items() if value is not None} | dict(encoder.options)

    def check(self, out: Path | None) -> None:
        """Check codec, quality and suffix of the output before any work is done.

        Raises:
            MediaError: one of them is unknown, the container cannot hold the codec, or the encoder has no device.
        """
        suffix = out.suffix.lower() if out else None
        self._check_names()
        if out and suffix not in (*OUTPUT_SUFFIXES, *IMAGE_SUFFIXES):
            raise MediaError(f"{out}: unknown kind of film {out.suffix!r}; use {', '.join(OUTPUT_SUFFIXES[:4])}")
        if suffix in IMAGE_SUFFIXES and self != Encoding():
            raise MediaError(
                f"{out}: images are not encoded as films are; leave out --codec, --crf, --preset, --preset-archive and "
                f"--pix-fmt"
            )
        encoder = self.encoder(suffix)
        self._check_quality(encoder, self.name(suffix))
        if suffix in FILM_SUFFIXES and not container_holds(suffix, "video", encoder.name):
            raise MediaError(
                f"{out}: {suffix} cannot hold {self.name(suffix)}; use -o with {encoder.suffix} or another --codec"
            )

    def _check_names(self) -> None:
        if self.preset_archive and self.preset_archive not in ARCHIVE_PRESETS:
            raise MediaError(unknown_name("--preset-archive", self.preset_archive, ARCHIVE_PRESETS))
        if self.preset_archive and not (self.codec is self.crf is self.preset is self.pix_fmt is None):
            raise MediaError(
                "--preset-archive sets codec and quality; leave out --codec, --crf, --preset and --pix-fmt"
            )
        if self.codec in HARDWARE_ENCODERS:
            check_device(HARDWARE_ENCODERS[self.codec])
        elif self.codec and self.codec not in ENCODERS:
            raise MediaError(unknown_name("--codec", self.codec, [*ENCODERS, *usable_encoders()]))

    def _check_quality(self, encoder: VideoEncoder, name: str) -> None:
        import av

        if self.crf is not None and not 0 <= self.crf <= encoder.crf:
            limit = f"0 to {encoder.crf}" if encoder.crf else "none: leave it out"
            raise MediaError(f"--crf {self.crf}: {name} takes {limit}")
        if self.preset and self.preset not in encoder.presets:
            known = ", ".join(encoder.presets) if encoder.presets else "none: leave it out"
            raise MediaError(f"--preset {self.preset}: {name} takes {known}")
        formats = [f.name for f in av.Codec(encoder.name, "w").video_formats or ()]
        if self.pix_fmt and self.pix_fmt not in formats:
            raise MediaError(unknown_name("--pix-fmt", self.pix_fmt, formats))


def pixel_format(encoder: VideoEncoder, film: Film, encoding: Encoding) -> str:
    """FFmpeg's name of the pixel format in which a film is encoded.

    It is the film's own if the encoder is lossless; else one of the encoder's, of 10 bits if the film has more than 8.
    """
    if encoding.pix_fmt:
        return encoding.pix_fmt
    if encoder.lossless:
        return film.pixel_format
    if not encoder.deep_formats or depth_of(film.pixel_format) == 8:
        return encoder.pixel_format
    chroma = film.pixel_format[:6]
    return next((name for name in encoder.deep_formats if name.startswith(chroma)), encoder.deep_formats[0])


def lost_depth(encoder: VideoEncoder, film: Film, encoding: Encoding) -> str | None:
    """A sentence if a film has more bits than the pixel format in which it is encoded."""
    depth, film_depth = depth_of(pixel_format(encoder, film, encoding)), depth_of(film.pixel_format)
    if depth >= film_depth:
        return None
    return f"the picture has {film_depth} bits and was encoded with {depth}; --preset-archive ffv1 keeps them"


def check_output_of(film: Film, out: Path | None, encoding: Encoding) -> None:
    """Check that the output can hold the picture of a film, before any work is done.

    Raises:
        MediaError: the output is no film for a film or no picture for a picture, the encoder cannot write so small a
            picture, or the container cannot hold the frame rate.
    """
    if out and film.frames:
        check_kind(film, out)
    if not film.frames or film.is_still or (out and is_image_sequence(film, out)):
        return
    suffix = out.suffix.lower() if out else None
    if out and suffix not in (*FILM_SUFFIXES, *MIDI_SUFFIXES, *SCORE_SUFFIXES):
        raise MediaError(f"{out}: {suffix} cannot hold a film; give -o a {', '.join(FILM_SUFFIXES[:4])} file")
    if suffix == ".mxf" and not film.ticks and film.rate not in MXF_RATES:
        raise MediaError(f"{out}: .mxf cannot hold {float(film.rate):.5g} frames per second; use -o film.mov")
    width, height = encoding.encoder(suffix).smallest
    if film.width < width or film.height < height:
        size = f"{film.width}x{film.height}"
        raise MediaError(f"{film.source}: is {size}, but the encoder needs {width}x{height} pixels; use another preset")
