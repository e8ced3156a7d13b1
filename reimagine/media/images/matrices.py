"""YUV matrices, and the conversion of images of 16 bits by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Matrix(NamedTuple):
    """A YUV matrix.

    Attributes:
        weights: of R, G and B in the luma (ITU-T H.273, table 4).
        codes: its numbers in ITU-T H.273; the first is written.
        swscale: FFmpeg's name in swscale.
    """

    weights: tuple[float, float, float]
    codes: tuple[int, ...]
    swscale: str


MATRICES = {
    "bt601": Matrix((0.299, 0.587, 0.114), (6, 5), "ITU601"),
    "bt709": Matrix((0.2126, 0.7152, 0.0722), (1,), "ITU709"),
    "bt2020": Matrix((0.2627, 0.6780, 0.0593), (9,), "BT2020"),
    "smpte240m": Matrix((0.212, 0.701, 0.087), (7,), "SMPTE240M"),
    "fcc": Matrix((0.30, 0.59, 0.11), (4,), "FCC"),
}
"""The matrices that are read and written."""
HD_HEIGHT = 720
"""Lines from which on pictures that state no matrix have that of BT.709."""
LIMITED_BLACK = 16
"""Luma of black in limited range (16..235)."""
LIMITED_SPAN = 219
"""Difference of luma between white and black in limited range."""
LIMITED_CHROMA_SPAN = 224
"""Difference between the largest and the smallest chroma in limited range."""


def matrix_of(code: int) -> str | None:
    """The name of a matrix by its number in ITU-T H.273; None if the number is unspecified or of another matrix."""
    return next((name for name, matrix in MATRICES.items() if code in matrix.codes), None)


def usual_matrix(height: int) -> str:
    """The name of the matrix of a picture that states none, by its number of lines."""
    return "bt709" if height >= HD_HEIGHT else "bt601"


def rgb_to_yuv(image: np.ndarray, matrix: str, full: bool, depth: int) -> np.ndarray:
    """An RGB image (H, W, 3) uint16, 0..65535, as Y, Cb and Cr of `depth` bits: (H, W, 3) uint16, rounded."""
    import cv2
    import numpy as np

    scale, offset = _levels(full, depth)
    factors = _from_rgb(matrix) * scale[:, None] / 65535
    yuv = cv2.transform(image.astype(np.float32), np.hstack([factors, offset[:, None] + 0.5]).astype(np.float32))
    return np.clip(yuv, 0, (1 << depth) - 1).astype(np.uint16)


def yuv_to_rgb(planes: np.ndarray, matrix: str, full: bool, depth: int) -> np.ndarray:
    """Y, Cb and Cr (H, W, 3) of `depth` bits as an RGB image: (H, W, 3) uint16, 0..65535, rounded."""
    import cv2
    import numpy as np

    scale, offset = _levels(full, depth)
    factors = np.linalg.inv(_from_rgb(matrix)) * 65535 / scale
    shift = 0.5 - factors @ offset
    rgb = cv2.transform(planes.astype(np.float32), np.hstack([factors, shift[:, None]]).astype(np.float32))
    return np.clip(rgb, 0, 65535).astype(np.uint16)


def _levels(full: bool, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """The span and the zero of Y, Cb and Cr in `depth` bits: (3,) float64 each."""
    import numpy as np

    if full:
        scale, black = np.full(3, float((1 << depth) - 1)), 0
    else:
        scale = np.array([LIMITED_SPAN, LIMITED_CHROMA_SPAN, LIMITED_CHROMA_SPAN], float) * (1 << (depth - 8))
        black = LIMITED_BLACK << (depth - 8)
    return scale, np.array([black, 1 << (depth - 1), 1 << (depth - 1)], float)


def _from_rgb(matrix: str) -> np.ndarray:
    """(3, 3) float64: Y in 0..1, Cb and Cr in -0.5..0.5, of RGB in 0..1."""
    import numpy as np

    red, green, blue = MATRICES[matrix].weights
    cb, cr = 2 * (1 - blue), 2 * (1 - red)
    return np.array(
        [
            [red, green, blue],
            [-red / cb, -green / cb, (1 - blue) / cb],
            [(1 - red) / cr, -green / cr, -blue / cr],
        ]
    )
