"""Writing of a film as numbered images, with its sound in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.media.audio.sound import Sound, write_sound
from reimagine.media.container import open_container
from reimagine.media.export.containers import is_cover, other_streams
from reimagine.media.images.decoding import OPENCV_SUFFIXES, header_of, to_linear_light
from reimagine.media.images.names import (
    IMAGE_SUFFIXES,
    NUMBER_FIELD,
    frame_numbers,
    has_number,
    is_present,
    numbered_path,
    source_files,
)
from reimagine.media.images.pixels import depth_of
from reimagine.media.score import SCORE_SUFFIXES
from reimagine.media.video.film import MIDI_SUFFIXES, Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.writer import DEEP_IMAGE_SUFFIXES, write_image

if TYPE_CHECKING:
    import numpy as np

DEEP_SUFFIXES = (*DEEP_IMAGE_SUFFIXES, ".dpx", ".exr")
"""Images of more than 8 bits per sample."""
ASPECT_SUFFIXES = (".dpx", ".exr", ".tif", ".tiff")
"""Images that state the aspect ratio of their pixels."""


def is_image_sequence(film: Film, out: Path) -> bool:
    """Whether the output of a film is a pattern of numbered images; a still has no number, and keeps any name."""
    return bool(film.frames) and not film.is_still and out.suffix.lower() in IMAGE_SUFFIXES and has_number(out)


def check_kind(film: Film, out: Path) -> None:
    """Check that a picture is written as a picture, and a film as a film or as numbered images.

    Raises:
        MediaError: it is not, or the images would lie among those of the source.
    """
    suffix = out.suffix.lower()
    if film.is_still:
        if suffix not in (*IMAGE_SUFFIXES, *MIDI_SUFFIXES, *SCORE_SUFFIXES):
            raise MediaError(
                f"{out}: {film.source} is a picture, not a film; give -o a .png file, or give a folder --as-film"
            )
    else:
        among_others = film.stills and not film.pages
        check_film_output(out, Path(film.stills[0]).parent if among_others else None)


def check_film_output(out: Path, folder: Path | None) -> None:
    """Check that an output can be a film: it is not one image, and not among the images of the film.

    Args:
        out: the output.
        folder: that of the film's images; None for a film in one file.

    Raises:
        MediaError: it cannot.
    """
    if out.suffix.lower() not in IMAGE_SUFFIXES:
        return
    if not has_number(out):
        numbered = out.with_name(f"{out.stem}-%06d{out.suffix}")
        raise MediaError(f"{out}: is one image, not a film; give -o {numbered} for numbered images, or film.mp4")
    if folder and out.parent.resolve() == folder.resolve():
        raise MediaError(f"{out}: lies among the images of the film; give -o another folder")


def sound_path(out: Path) -> Path:
    """The sound file beside numbered images: sound.wav for %06d.tif."""
    return out.with_name(NUMBER_FIELD.sub("sound", out.stem, count=1) + ".wav")


def written_files(out: Path) -> list[Path]:
    """The numbered images of an output that exist, and their sound."""
    sound = sound_path(out)
    images = source_files(out) if is_present(out) else []
    return [*images, *([sound] if sound.exists() else [])]


def numbering(film: Film) -> Callable[[int], int]:
    """The number of the image of each frame: those of an image sequence are kept; else that in the whole film.

    Frames that are added after the end of a sequence are numbered on. At an output rate, frames are numbered from 0.
    """
    numbers = frame_numbers([Path(file) for file in film.stills]) if film.sequence and not film.pages else []
    if film.output_rate:
        return lambda index: index
    if not numbers:
        return lambda index: film.first + index
    last = len(numbers) - 1
    return lambda index: numbers[index] if index <= last else numbers[last] + index - last


def first_missing(film: Film, out: Path, frames: int) -> int:
    """The number of frames before the first whose image does not exist."""
    if film.output_rate:
        return 0
    number = numbering(film)
    return next((n for n in range(frames) if not numbered_path(out, number(n)).exists()), frames)


def write_images(film: Film, out: Path, frames: Iterable[Frame], sound: Sound | None) -> list[str]:
    """Write frames as numbered images, and the sound as a WAV file beside them. Files that exist are kept.

    Args:
        film: the film at the rate at which it is shown.
        out: pattern of the images; the suffix selects the format.
        frames: the frames from the first that is missing on, in order.
        sound: the sound of the film, if it has one.

    Returns:
        A sentence for each stream or property that images do not hold.
    """
    number = numbering(film)
    for frame in frames:
        path = numbered_path(out, number(frame.index))
        if not path.exists():
            write_frame(path, frame, film)
    if sound is not None and not sound_path(out).exists():
        write_sound(sound_path(out), sound)
    return list(_remarks(film, out, sound))


def mixed_channels(film: Film) -> list[str]:
    """A sentence if the film's own sound has more channels than the sound file beside its images."""
    with open_container(Path(film.source)) as source:
        channels = source.streams.audio[0].channels
    return [f"its {channels} channels were mixed to 2; -o film.mkv keeps them"] if channels > 2 else []


def write_frame(path: Path, frame: Frame, film: Film) -> None:
    """Write a frame as an image file.

    Of more than 8 bits, 16 are written where the format has them. OpenEXR has half floats of linear light.

    Raises:
        MediaError: the file cannot be written.
    """
    deep = frame.depth > 8 and path.suffix.lower() in DEEP_SUFFIXES
    image = (frame.image16 if deep else frame.image)[: film.height, : film.width]
    if path.suffix.lower() in OPENCV_SUFFIXES:
        write_image(path, image)
    else:
        _write_with_openimageio(path, image, film, _source_image(film, frame.index))


def _source_image(film: Film, index: int) -> Path | None:
    """The image file that is the source of a frame."""
    if film.pages or film.output_rate or index >= len(film.stills):
        return None
    return Path(film.stills[index])


def _write_with_openimageio(path: Path, image: np.ndarray, film: Film, source: Path | None) -> None:
    import numpy as np
    import OpenImageIO

    samples = to_linear_light(image) if path.suffix.lower() == ".exr" else np.ascontiguousarray(image)
    spec = OpenImageIO.ImageSpec(
        samples.shape[1], samples.shape[0], 3, "half" if samples.dtype == np.float32 else str(samples.dtype)
    )
    for name, kind, value in header_of(source, path.suffix.lower() == ".exr") if source else ():
        spec.attribute(name, kind, value)
    _describe(spec, film)
    with atomic_file(path) as temporary:
        output = OpenImageIO.ImageOutput.create(str(temporary))
        written = output and output.open(str(temporary), spec) and output.write_image(samples)
        closed = bool(output) and output.close()
        reason = (output.geterror() if output else "") or OpenImageIO.geterror()  # also a remark on a written TIFF
        if not (written and closed):
            raise MediaError(f"{path}: cannot be written ({' '.join(reason.split())}); check the disk")


def _describe(spec: Any, film: Film) -> None:
    """Frame rate and aspect ratio of the pixels, for the formats that have a place for them."""
    if not film.is_still:
        spec.attribute("FramesPerSecond", "rational", (film.rate.numerator, film.rate.denominator))
        spec.attribute("dpx:FrameRate", float(film.rate))
    if film.aspect != 1:
        spec.attribute("PixelAspectRatio", float(film.aspect))


def _remarks(film: Film, out: Path, sound: Sound | None) -> Iterator[str]:
    suffix = out.suffix.lower()
    if sound is not None:
        yield f"images hold no sound: it was written to {sound_path(out)}"
    if not film.stills:
        lost = list(_other_tracks(film))
        if lost:
            yield f"images do not hold {', '.join(lost)}: left out; -o film.mkv keeps them"
    if film.ticks and not _at_their_numbers(film):
        yield (
            "images have no times, so the variable frame rate is lost; --output-rate repeats frames at a constant rate"
        )
    if film.hdr:
        yield f"images do not state {film.hdr}, so that they look flat in most programs; -o film.mkv keeps it"
    depth = depth_of(film.pixel_format)
    if depth > 8 and suffix not in DEEP_SUFFIXES:
        yield f"the picture has {depth} bits and {suffix} images have 8; use .tif, .png, .dpx or .exr"
    if film.aspect != 1 and suffix not in ASPECT_SUFFIXES:
        yield f"{suffix} images have square pixels: the aspect ratio {film.aspect} is lost; use .tif, .dpx or .exr"


def _at_their_numbers(film: Film) -> bool:
    """Whether the numbers of the images stand for the times of the frames."""
    numbers = list(map(numbering(film), range(film.frames)))
    steps = zip(pairwise(film.ticks), pairwise(numbers), strict=False)
    return film.tick == 1 / film.rate and all(b - a == d - c for (a, b), (c, d) in steps)


def _other_tracks(film: Film) -> Iterator[str]:
    """Names of what the source has besides its picture and its first audio track."""
    with open_container(Path(film.source)) as source:
        for stream in other_streams(source, film, new_sound=True):
            codec = f" ({stream.codec_context.name})" if stream.codec_context else ""
            yield f"{'cover' if is_cover(stream) else stream.type} {stream.index}{codec}"
        if source.chapters():
            yield "chapters"
