"""Decoding of image files at the depth at which they are stored: OpenCV for 8-bit images, OpenImageIO for all others.

OpenImageIO (https://openimageio.org, the image library of film production) reads DPX, OpenEXR and TIFF of any depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reimagine.errors import MediaError
from reimagine.media.files import unicode_path
from reimagine.media.images.sizes import MAX_MEGAPIXELS, check_pixels, check_png, check_spec, stated_size

if TYPE_CHECKING:
    import numpy as np

OPENCV_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
"""Images that OpenCV decodes, if their samples have 8 bits."""
PNG_DEPTH = 24
"""Position of the bits per sample in a PNG file, in bytes."""
SRGB_LINEAR_END = 0.0031308
"""Linear light below which the transfer function of sRGB is a straight line (IEC 61966-2-1)."""
SQUARE_PIXELS = Fraction(1)
"""Aspect ratio of pixels of files that state none."""
ASPECTS = (Fraction(1, 4), Fraction(4))
"""Aspect ratios of pixels that are believed; others are damage."""
LOGARITHMIC = ("Printing density", "Logarithmic", "KodakLog", "Cineon")
"""Transfer functions of DPX whose samples are logarithms of light."""
HEADER_SUFFIXES = (".dpx", ".exr", ".tif", ".tiff")
"""Images whose headers hold what is known of a film, such as its timecode and its edge numbers."""
SAMPLE_ATTRIBUTES = (
    *("oiio:", "tiff:", "openexr:", "dpx:Packing", "dpx:ImageDescriptor", "dpx:EndOf", "dpx:DittoKey", "dpx:Version"),
    *("compression", "planarconfig", "screenWindow", "Orientation", "XResolution", "YResolution", "ResolutionUnit"),
    *("PixelAspectRatio", "FramesPerSecond", "dpx:FrameRate", "Software", "dpx:BlackLevel", "dpx:WhiteLevel"),
)
"""Beginnings of the names of attributes that describe how samples are stored, and not what they show."""
COLOUR_ATTRIBUTES = ("dpx:Transfer", "dpx:Colorimetric", "ICCProfile", "chromaticities")
"""Attributes that say how colours are coded: they are wrong after a conversion from or to linear light."""


class ImageFacts(NamedTuple):
    """What an image file says of itself, apart from its samples.

    Attributes:
        aspect: aspect ratio of its pixels.
        rate: frames per second of the sequence that it belongs to; 0 if it states none.
        linear: whether its samples are linear light (float), which decoding converts.
        logarithmic: whether its samples are logarithms of light, which decoding does not convert.
        timecode: SMPTE timecode of DPX and OpenEXR; "" if it states none.
        parts: number of the parts of an OpenEXR file, such as views or layers.
    """

    aspect: Fraction = SQUARE_PIXELS
    rate: Fraction = Fraction(0)
    linear: bool = False
    logarithmic: bool = False
    timecode: str = ""
    parts: int = 1


def decode_image(path: Path, megapixels: float = MAX_MEGAPIXELS) -> np.ndarray:
    """The first picture of an image file as stored: (H, W, 3) RGB, uint8 or uint16, upright, without alpha.

    Integers of more than 8 bits are scaled to 0..65535. Floats are taken for linear light: values outside 0..1 are
    clipped, and the transfer function of sRGB is applied.

    Raises:
        MediaError: the file cannot be decoded, or its header states more than `megapixels`.
    """
    try:
        if _is_for_opencv(path):
            return _decode_8_bits(path, megapixels)
        if path.suffix.lower() == ".png":
            check_png(path, path.read_bytes())
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from error
    return next(decode_pages(path, [0], megapixels))


def decode_pages(path: Path, numbers: Sequence[int], megapixels: float = MAX_MEGAPIXELS) -> Iterator[np.ndarray]:
    """Some pictures of a file that holds several, like `decode_image`.

    Args:
        numbers: of the pictures in the file, from 0, ascending.
        megapixels: a larger picture is refused.

    Raises:
        MediaError: one of them cannot be decoded.
    """
    with _open_image(path) as image:
        for number in numbers:
            if not image.seek_subimage(number, 0):
                raise MediaError(f"{path}: picture {number + 1} is damaged or missing")
            check_spec(path, image.spec(), megapixels)
            yield _decoded(path, image)


def image_facts(path: Path) -> ImageFacts:
    """What a file says of its pixels and of its sequence.

    Raises:
        MediaError: the file cannot be opened.
    """
    if path.suffix.lower() in OPENCV_SUFFIXES:
        return ImageFacts()
    with _open_image(path) as image:
        spec = image.spec()
        aspect = Fraction(spec.get_float_attribute("PixelAspectRatio", 1.0)).limit_denominator(1000)
        transfer = spec.get_string_attribute("dpx:Transfer") or spec.get_string_attribute("oiio:ColorSpace")
        return ImageFacts(
            aspect if ASPECTS[0] <= aspect <= ASPECTS[1] else SQUARE_PIXELS,
            _stated_rate(spec),
            _is_float(spec),
            transfer in LOGARITHMIC,
            _timecode(spec.getattribute("smpte:TimeCode")),
            spec.get_int_attribute("oiio:subimages", 1) if path.suffix.lower() == ".exr" else 1,
        )


def header_of(path: Path, linear: bool) -> list[tuple[str, Any, Any]]:
    """Attributes (name, type, value) of a DPX, OpenEXR or TIFF file that belong to the film, not to its storage.

    Args:
        path: the file; other kinds have none.
        linear: whether they are for a file of linear light.
    """
    if path.suffix.lower() not in HEADER_SUFFIXES:
        return []
    with _open_image(path) as image:
        spec = image.spec()
        left_out = SAMPLE_ATTRIBUTES if linear == _is_float(spec) else (*SAMPLE_ATTRIBUTES, *COLOUR_ATTRIBUTES)
        return [(a.name, a.type, a.value) for a in spec.extra_attribs if not a.name.startswith(left_out)]


def page_sizes(path: Path) -> list[tuple[int, int]]:
    """(w, h) of each picture of a file, without those of a lower resolution (MIP levels).

    Raises:
        MediaError: the file cannot be opened.
    """
    sizes: list[tuple[int, int]] = []
    with _open_image(path) as image:
        while image.seek_subimage(len(sizes), 0):
            sizes.append((image.spec().width, image.spec().height))
        image.geterror()  # there is no further picture
    return sizes


def _stated_rate(spec: Any) -> Fraction:
    """Frames per second of FramesPerSecond, a ratio, or of the DPX header; 0 without either."""
    stated = spec.getattribute("FramesPerSecond") or spec.getattribute("dpx:FrameRate") or 0
    if isinstance(stated, tuple):
        return Fraction(*stated) if stated[1] else Fraction(0)
    return Fraction(stated).limit_denominator(1001) if 0 < stated < 1000 else Fraction(0)


def _timecode(stated: tuple[int, int] | None) -> str:
    """A timecode of SMPTE ST 12-1, in binary coded decimals with flags, as text; "" for none and for 0."""
    if not stated or not stated[0]:
        return ""
    digits = f"{stated[0] & 0x3F7F7F3F:08x}"  # without the flags
    separator = ";" if stated[0] & 0x40 else ":"  # drop-frame
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}{separator}{digits[6:]}" if digits.isdigit() else ""


def _is_for_opencv(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix != ".png":
        return suffix in OPENCV_SUFFIXES
    with path.open("rb") as file:
        header = file.read(PNG_DEPTH + 1)
    return len(header) <= PNG_DEPTH or header[PNG_DEPTH] <= 8


def _decode_8_bits(path: Path, megapixels: float) -> np.ndarray:
    """(H, W, 3) uint8 RGB, rotated as its EXIF data says."""
    import cv2
    import numpy as np

    size = stated_size(path)
    if size is None:
        raise _damaged(path)
    check_pixels(path, *size, megapixels)
    data = np.fromfile(path, np.uint8)
    if data[1:4].tobytes() == b"PNG":
        check_png(path, data.tobytes())
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise _damaged(path, error.err) from error
    if image is None:
        raise _damaged(path)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@contextmanager
def _open_image(path: Path) -> Iterator[Any]:
    import OpenImageIO

    hints = OpenImageIO.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)  # colours are not multiplied by alpha
    with unicode_path(path) as readable:
        image = OpenImageIO.ImageInput.open(str(readable), hints)
        if image is None:
            raise _damaged(path, OpenImageIO.geterror())
        try:
            yield image
        finally:
            image.close()


def _damaged(path: Path, reason: str = "") -> MediaError:
    detail = " ".join(reason.split()).replace(f'"{path}"', "").replace(f"{path}", "").strip(": ")
    return MediaError(f"{path}: not an image, or damaged{f' ({detail})' if detail else ''}")


def _is_float(spec: Any) -> bool:
    return str(spec.format) in ("half", "float", "double")


def _decoded(path: Path, image: Any) -> np.ndarray:
    """The present picture of an open file; see `decode_image`."""
    spec = image.spec()
    if spec.deep:
        raise MediaError(f"{path}: holds deep data, which is not read; give flat images")
    kind = "float" if _is_float(spec) else "uint8" if str(spec.format) == "uint8" else "uint16"
    samples = image.read_image(image.current_subimage(), 0, 0, spec.nchannels, kind)
    if samples is None:
        raise _damaged(path, image.geterror())
    samples = _within_frame(samples[..., _colour_channels(spec)], spec)
    if kind == "float":
        samples = _from_linear_light(samples)
    return _upright(samples, spec.get_int_attribute("Orientation", 1))


def _colour_channels(spec: Any) -> list[int]:
    """The channels of red, green and blue; grey is all three of them."""
    names = list(spec.channelnames)
    if {"R", "G", "B"} <= set(names):
        return [names.index(name) for name in "RGB"]
    colours = [n for n in range(spec.nchannels) if n not in (spec.alpha_channel, spec.z_channel)] or [0]
    return colours[:3] if len(colours) >= 3 else [colours[0]] * 3


def _within_frame(samples: np.ndarray, spec: Any) -> np.ndarray:
    """The samples at their place in the frame that is shown (the display window); outside it is black."""
    import numpy as np

    width, height = spec.full_width or spec.width, spec.full_height or spec.height
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    if (left, top, spec.width, spec.height) == (0, 0, width, height):
        return np.ascontiguousarray(samples)
    frame = np.zeros((height, width, 3), samples.dtype)
    x, y = max(0, left), max(0, top)
    inside = samples[y - top : height - top, x - left : width - left]
    frame[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return frame


def _from_linear_light(samples: np.ndarray) -> np.ndarray:
    """Linear light as uint16 with the transfer function of sRGB; values that are no numbers are black."""
    import cv2
    import numpy as np

    light = np.clip(np.nan_to_num(samples, nan=0.0), 0, 1).astype(np.float32)
    curved = cv2.pow(light, 1 / 2.4) * np.float32(1.055) - np.float32(0.055)
    dark = light <= SRGB_LINEAR_END
    curved[dark] = 12.92 * light[dark]
    return (curved * 65535 + 0.5).astype(np.uint16)


def to_linear_light(image: np.ndarray) -> np.ndarray:
    """RGB with the transfer function of sRGB, (H, W, 3) uint8 or uint16, as linear light, float32 in 0..1."""
    import numpy as np

    levels = np.arange(np.iinfo(image.dtype).max + 1) / np.iinfo(image.dtype).max
    light = np.where(levels <= 12.92 * SRGB_LINEAR_END, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)[image]


def _upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """An image rotated and mirrored as its orientation says, 1 to 8 as in EXIF and TIFF."""
    import numpy as np

    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
