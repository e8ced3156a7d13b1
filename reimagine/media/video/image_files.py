"""Image files: reading them as images, and as the frames of a film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.images.animations import Pages, is_animated_png, pages_of
from reimagine.media.images.decoding import ImageFacts, decode_image, decode_pages, image_facts
from reimagine.media.images.matrices import usual_matrix
from reimagine.media.images.names import (
    IMAGE_SUFFIXES,
    frame_numbers,
    gap_note,
    list_images,
    natural_order,
    source_files,
)
from reimagine.media.images.pixels import depth_of, pad_to_even
from reimagine.media.images.sizes import MOST_MEGAPIXELS
from reimagine.media.video.film import Film, fingerprint
from reimagine.media.video.frames import Frame
from reimagine.media.video.rates import HIGHEST_RATE, LOWEST_RATE, exact_rate
from reimagine.media.video.reading import Reading

if TYPE_CHECKING:
    import numpy as np

STILL_RATE = Fraction(25)
"""Frames per second of stills."""
SEQUENCE_RATE = Fraction(24)
"""Frames per second of an image sequence that states none."""
PIXEL_FORMATS = ("yuv444p", "yuv444p16le")
"""Pixel formats of images of 8 bits, and of more."""

OnFrame = Callable[[int, "np.ndarray"], None]
"""Receives a frame's number and its luma, (H, W) uint8."""


def read_image(path: Path) -> np.ndarray:
    """The first picture of an image file as (H, W, 3) uint8 RGB, upright.

    Raises:
        MediaError: the file cannot be decoded.
    """
    return _in_8_bits(decode_image(path))


def open_image_source(path: Path, on_frame: OnFrame | None, reading: Reading) -> Film | None:
    """Properties of a source of images: one image, a folder, a sequence; None for an animated PNG and all other files.

    Args:
        path: the source.
        on_frame: called with every image.
        reading: whether the images of a folder are the frames of one film; frames per second of a sequence (None
            takes the rate that the files state, or `SEQUENCE_RATE`); and the largest picture.

    Raises:
        MediaError: there are no images, one cannot be decoded, two have one number, one of a sequence holds several
            pictures, `as_film` is given for a single file, or an image is too large.
    """
    if reading.as_film and path.is_file():
        raise MediaError(f"{path}: is a single file; --as-film is for a folder of images, leave it out")
    if path.is_file() and (path.suffix.lower() not in IMAGE_SUFFIXES or is_animated_png(path)):
        return None
    pages = pages_of(path) if path.is_file() else Pages()
    if reading.as_film or pages.several:
        return _open_sequence(path, pages, on_frame, reading)
    files = list_images(path) if path.is_dir() else [path]
    if not files:
        raise MediaError(f"{path}: a folder without images; put image files ({', '.join(IMAGE_SUFFIXES)}) into it")
    film = Film(str(path), fingerprint(path), len(files), STILL_RATE, 0, 0, 0.0, stills=tuple(map(str, files)))
    notes = tuple(_notes(image_facts(path), pages)) if path.is_file() else ()
    film = replace(film, full=True, seconds=float(len(files) / STILL_RATE), notes=notes)
    return _scanned(film, on_frame, reading.max_megapixels)


def _open_sequence(path: Path, pages: Pages, on_frame: OnFrame | None, reading: Reading) -> Film:
    files = [path] * len(pages.numbers) if pages.several else _frame_files(path)
    facts = image_facts(files[0])
    film = Film(
        str(path),
        fingerprint(path),
        len(files),
        SEQUENCE_RATE,
        0,
        0,
        0.0,
        stills=tuple(map(str, files)),
        pages=pages.numbers if pages.several else (),
        sequence=True,
        as_stored=False,
        aspect=facts.aspect,
        notes=tuple(_notes(facts, pages)),
    )
    stated = facts.rate if LOWEST_RATE <= facts.rate <= HIGHEST_RATE else Fraction(0)
    given = exact_rate(reading.rate) if reading.rate else Fraction(0)
    film = _with_times(film, given or stated, () if given else pages.delays)
    return _scanned(replace(film, seconds=float(film.time(film.frames))), on_frame, reading.max_megapixels)


def _notes(facts: ImageFacts, pages: Pages) -> Iterator[str]:
    if pages.left_out:
        yield f"thumbnails in the file that are left out: {pages.left_out}"
    if facts.linear:
        yield "linear light is converted with the transfer function of sRGB; values above 1 are clipped"
    if facts.parts > 1:
        yield f"OpenEXR files of {facts.parts} parts: the first part is read"
    if facts.logarithmic:
        yield "the samples are logarithmic (film density): they are read as stored, without a conversion"


def _frame_files(path: Path) -> list[Path]:
    """The images of a folder or pattern, in natural order."""
    files = natural_order(list_images(path) if path.is_dir() else source_files(path))
    if not files:
        raise MediaError(f"{path}: has no images; give a folder or pattern of images ({', '.join(IMAGE_SUFFIXES)})")
    several = next((file for file in files if is_animated_png(file) or pages_of(file).several), None)
    if several:
        raise MediaError(f"{several}: holds several pictures, so it is no frame of a sequence; give it alone")
    return files


def _with_times(film: Film, rate: Fraction, delays: tuple[int, ...]) -> Film:
    """The film with its rate, the times of its frames, and what is to be said of them.

    Args:
        film: a sequence without times.
        rate: frames per second, given or stated by the files; 0 if neither.
        delays: milliseconds of each frame, if the file says.
    """
    if delays:
        return _with_delays(film, delays)
    notes = film.notes
    if not rate:
        rate = SEQUENCE_RATE
        notes = (*notes, f"the images state no frame rate: {rate} frames per second are assumed; --rate sets it")
    numbers = [] if film.pages else frame_numbers([Path(file) for file in film.stills])
    gaps = gap_note(numbers)
    ticks = tuple(number - numbers[0] for number in numbers) if gaps else ()
    return replace(film, rate=rate, tick=1 / rate, ticks=ticks, notes=(*notes, gaps) if gaps else notes)


def _with_delays(film: Film, delays: tuple[int, ...]) -> Film:
    if len(set(delays)) == 1:
        return replace(film, rate=Fraction(1000, delays[0]))
    ticks = tuple(accumulate(delays[:-1], initial=0))
    rate = Fraction(1000 * len(delays), sum(delays)).limit_denominator(1001)
    return replace(film, rate=rate, ticks=ticks, last_duration=Fraction(delays[-1], 1000))


def _scanned(film: Film, on_frame: OnFrame | None, megapixels: float) -> Film:
    """The film with the size of its first image and the largest depth; every image is decoded once."""
    resized, format = 0, PIXEL_FORMATS[0]
    for number, image in enumerate(_images(film, 0, film.frames, megapixels)):
        if not number:
            film = replace(film, width=image.shape[1], height=image.shape[0])
        resized += image.shape[:2] != (film.height, film.width)
        format = PIXEL_FORMATS[1] if image.itemsize > 1 else format
        if on_frame:
            on_frame(number, _in_8_bits(_sized(image, film) if film.sequence else image)[..., 1])
    film = replace(film, pixel_format=format)
    if not film.sequence:
        return film
    # limited range as RGB films have it: ProRes and DNxHR cannot state full range
    film = replace(film, matrix=usual_matrix(film.height), full=False)
    size = f"{film.width}x{film.height}"
    note = (f"{resized} images have another size: they are scaled to {size}",) if resized else ()
    return replace(film, notes=(*film.notes, *note))


def read_image_frames(film: Film, start: int, stop: int) -> Iterator[Frame]:
    """Frames `start` to `stop` (exclusive) of stills or of a sequence, scaled to the size of the first."""
    from av import VideoFrame

    blank = VideoFrame(film.width, film.height, film.pixel_format)
    for index, image in enumerate(_images(film, start, stop), start):
        image = _sized(image if depth_of(film.pixel_format) > 8 else _in_8_bits(image), film)
        frame = Frame(index, blank, matrix=film.matrix, full=film.full).with_image(image)
        yield replace(frame, picture=pad_to_even(frame.picture))


def _images(film: Film, start: int, stop: int, megapixels: float = MOST_MEGAPIXELS) -> Iterator[np.ndarray]:
    """Images as stored, (H, W, 3) RGB, uint8 or uint16."""
    if film.pages:
        yield from decode_pages(Path(film.source), film.pages[start:stop], megapixels)
        return
    for file in film.stills[start:stop]:
        yield decode_image(Path(file), megapixels)


def _sized(image: np.ndarray, film: Film) -> np.ndarray:
    import cv2

    if image.shape[:2] == (film.height, film.width):
        return image
    return cv2.resize(image, (film.width, film.height), interpolation=cv2.INTER_AREA)


def _in_8_bits(image: np.ndarray) -> np.ndarray:
    """RGB, uint8 or uint16, as uint8."""
    import numpy as np

    return image if image.dtype == np.uint8 else ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
