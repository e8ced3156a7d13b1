"""Exports stills, which users edit and return to the colorizer with `--references` or `--hint`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reimagine.media.video.writer import write_image
from reimagine.runs.folder import Run


def export_references(folder: Path, into: Path, grey: bool = False) -> list[Path]:
    """Write the middle frame of every shot of a run's latest picture as ref_nnnnnn.png.

    Files that exist already are not overwritten, because they may have been edited.

    Args:
        folder: the run folder.
        into: the folder to write to; it is created if it does not exist.
        grey: write the luma only, for hints.

    Returns:
        The paths that were written.
    """
    run = Run.open(folder)
    picture = run.tracks.picture()
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for shot in run.tracks.current_shots:
        number = (shot.start + shot.stop) // 2
        path = into / f"ref_{number:06d}.png"
        if not path.exists():
            frame = next(picture.read(number, number + 1))
            write_image(path, np.dstack([frame.grey] * 3) if grey else frame.image)
            written.append(path)
    return written
