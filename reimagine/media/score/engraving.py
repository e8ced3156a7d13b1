"""Pictures of scores: MusicXML engraved as SVG by verovio."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

from reimagine.errors import MediaError
from reimagine.files import write_text_atomically
from reimagine.media.midi.notes import Notes
from reimagine.media.score.musicxml import INSTALL, check_installed, write_musicxml

PICTURE_SUFFIX = ".svg"
"""File name ending of pictures of scores."""
PAGE_WIDTH = 2100
"""Width of the picture in verovio's units, a tenth of a millimetre: that of A4."""
MAX_PAGE_HEIGHT = 60_000
"""Height of the picture, at most; verovio's limit, about 200 bars of piano music. The rest is left out."""
SCALE = 50
"""Pixels of the picture per 100 units."""
MARGIN = 60
"""Margin in verovio's units."""


def can_draw() -> bool:
    """Whether pictures of scores can be made."""
    return find_spec("verovio") is not None


def check_score_output(path: Path) -> None:
    """Refuse a score, or a picture of one, that cannot be written.

    Raises:
        MediaError: music21 or verovio is not installed.
    """
    check_installed(path)
    if path.suffix.lower() == PICTURE_SUFFIX and not can_draw():
        raise MediaError(f"{path}: pictures of scores need verovio; {INSTALL}")


def write_score(path: Path, notes: Notes, title: str = "") -> None:
    """Write a score as MusicXML or, if the suffix says so, as a picture.

    Raises:
        MediaError: what it needs is not installed, or there are no notes, or too many.
    """
    if path.suffix.lower() != PICTURE_SUFFIX:
        write_musicxml(path, notes, title)
        return
    check_score_output(path)
    with tempfile.TemporaryDirectory() as folder:
        musicxml = Path(folder) / "notes.musicxml"
        write_musicxml(musicxml, notes, title)
        write_score_picture(musicxml, path)


def write_score_picture(musicxml: Path, path: Path) -> None:
    """Draw a MusicXML file as one tall SVG picture of A4's width.

    Raises:
        MediaError: verovio is not installed, or cannot read the file.
    """
    check_score_output(path)
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": PAGE_WIDTH,
            "pageHeight": MAX_PAGE_HEIGHT,
            "adjustPageHeight": True,
            "scale": SCALE,
            "footer": "none",
            "pageMarginLeft": MARGIN,
            "pageMarginRight": MARGIN,
            "pageMarginTop": MARGIN,
            "pageMarginBottom": MARGIN,
            "svgViewBox": True,
            "xmlIdSeed": 1,
        }
    )
    if not toolkit.loadData(musicxml.read_text(encoding="utf-8")):
        raise MediaError(f"{musicxml}: not MusicXML that verovio can draw; delete it and run the command again")
    write_text_atomically(path, toolkit.renderToSVG(1))


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of a picture that `write_score_picture` drew."""
    from xml.etree import ElementTree

    _, _, width, height = ElementTree.parse(path).getroot().get("viewBox", "0 0 0 0").split()
    return round(float(width)), round(float(height))
