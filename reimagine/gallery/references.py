"""One still a shot, to be painted over and given back."""

from __future__ import annotations

from pathlib import Path

from reimagine.media.writer import write_image
from reimagine.runs.folder import Run


def export_references(folder: Path, into: Path) -> list[Path]:
    """Write the middle frame of every shot, as the run's latest picture has it: ref_nnnnnn.png.

    Stills that are there already are left alone: somebody may have painted on them.
    """
    run = Run.open(folder)
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for shot in run.shots:
        number = (shot.start + shot.stop) // 2
        path = into / f"ref_{number:06d}.png"
        if not path.exists():
            frame = next(run.picture().read(run.film, number, number + 1))
            write_image(path, frame.image)
            written.append(path)
    return written
