"""The film runs to its end and back again; on the way there its tune is played, on the way back answered.

`python examples/there-and-back/make.py [FILM]` -> runs/examples/there-and-back
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled
from reimagine.media.export import Encoding, export
from reimagine.media.notes import read_notes
from reimagine.media.reader import open_film, read_film
from reimagine.media.sound import read_sound
from reimagine.media.writer import write_image
from reimagine.runs.folder import Run

INK = {
    "clarinet": (232, 112, 74),
    "violin": (240, 190, 76),
    "music-box": (142, 206, 190),
    "cello": (96, 142, 214),
    "acoustic-grand-piano": (186, 140, 214),
}
"""Who plays, shot after shot, and in which colour that is drawn."""
INTO, WIDTH, CHUNK = Path("runs/examples/there-and-back"), 1400, 24


def there_and_back(path: Path, out: Path) -> Path:
    """The film, and the film backwards; frames are read in chunks, so that few are held."""
    film = open_film(path)

    def frames():
        yield from read_film(film)
        for stop in range(film.frames, 0, -CHUNK):
            for frame in reversed(list(read_film(film, max(0, stop - CHUNK), stop))):
                yield frame.renumbered(2 * film.frames - 1 - frame.index)

    sound = read_sound(path)
    export(film, out, frames(), sound.fit_length(2 * round(film.seconds * sound.rate)), Encoding())
    return out


def score(run: Run) -> np.ndarray:
    """What is seen above what is heard: stills as wide as shots are long, notes in their players' colours."""
    notes, seconds = read_notes(run.artifact("notes")), run.film.seconds
    low, high = min(n.pitch for n in notes) - 2, max(n.pitch for n in notes) + 2
    page = np.full((640, WIDTH, 3), (22, 20, 24), np.uint8)
    for name, shot in zip(cycle(INK), run.shots, strict=False):
        a, b = (round(float(run.film.time(n)) / seconds * WIDTH) for n in (shot.start, shot.stop))
        frame = next(run.picture().read(run.film, (shot.start + shot.stop) // 2))
        scale = max((b - a) / frame.width, 200 / frame.height)
        still = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left = (still.shape[1] - (b - a)) // 2
        page[20:220, a : b - 6] = still[:200, left : left + max(0, b - 6 - a)]
        page[228:232, a : b - 6] = INK[name]
        cv2.putText(page, name, (a, 256), cv2.FONT_HERSHEY_DUPLEX, 0.5, INK[name], 1, cv2.LINE_AA)
        for note in (n for n in notes if shot.start <= n.start * run.film.rate < shot.stop):
            y = 620 - round((note.pitch - low) / (high - low) * 340)
            x, end = (round(t / seconds * WIDTH) for t in (note.start, min(note.end, seconds)))
            cv2.line(page, (x + 5, y), (max(x + 6, end - 8), y), INK[name], 9, cv2.LINE_AA)
    return cv2.copyMakeBorder(page, 0, 0, 20, 14, cv2.BORDER_CONSTANT, value=page[0, 0].tolist())


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled("assets/demo.mp4")
    steps = recipe.read(Path(__file__).with_name("recipe.toml"))
    INTO.mkdir(parents=True, exist_ok=True)
    run = Run.open(there_and_back(film, INTO / "there-and-back.mp4"), INTO)
    cuts = (float(run.film.time(shot.start)) for shot in run.shots)
    players = ",".join(f"{name}@{cut:.3f}" for name, cut in zip(cycle(INK), cuts, strict=False))
    steps[2] = replace(steps[2], instruments=players)
    print(reimagine.run(run.film.source, steps, INTO).film)
    write_image(INTO / "score.webp", score(Run.open(INTO)), 80)


if __name__ == "__main__":
    main()
