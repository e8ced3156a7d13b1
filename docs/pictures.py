"""The pictures of the pages, made from the bundled film by the program itself: `make docs-pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure

import reimagine
from reimagine.bundled import bundled
from reimagine.degradation import degrade
from reimagine.gallery.music import piano_roll, rainbowgram
from reimagine.gallery.preview import titled
from reimagine.gallery.report import write_sheet
from reimagine.media import Frame, Sound
from reimagine.media.notes import read_notes
from reimagine.media.sound import read_sound
from reimagine.runs.folder import Run

DEMO = bundled("assets/demo.mp4")
PICTURES = Path(__file__).parent / "pictures"
RUNS = Path("build/pictures")
SHOTS = 40, 120, 200
"""A frame of each of the film's three shots."""


def made(name: str, *steps: Any) -> Run:
    """The run of these steps on the demo film; made once."""
    return Run.open(reimagine.run(DEMO, list(steps), RUNS / name).folder)


def frame(run: Run, number: int, steps: int | None = None) -> Frame:
    """A frame as the run left it, or as its first `steps` steps did."""
    return next(run.picture(steps).read(run.film, number, number + 1))


def keep(png: Path, name: str, quality: int = 60) -> None:
    """A PNG as one of the pages' pictures."""
    PICTURES.mkdir(exist_ok=True)
    image = cv2.imread(str(png))
    cv2.imwrite(str(PICTURES / f"{name}.webp"), image, [cv2.IMWRITE_WEBP_QUALITY, quality])


def restore(page: Path) -> None:
    """Frames of the film, damaged in six ways, and what the network makes of each."""
    kinds = "holes", "negative", "stains", "noise", "scratches", "blur"
    network, film = reimagine.model("restore")().load("cpu"), Run.open(DEMO, RUNS / "unet")
    rows: tuple[list, list] = [], []
    for number, kind in zip(SHOTS * 2, kinds, strict=True):
        worn = next(degrade([frame(film, number, 0)], kind, 4))
        rows[0].append(titled(worn.image, kind))
        rows[1].append(next(iter(network([worn]))).image)
    write_sheet([row[:3] for row in rows] + [row[3:] for row in rows], page, 288)
    keep(page, "restore", 55)


def colorize(page: Path) -> None:
    """The film, coloured by the network, and dyed."""
    network = made("unet", reimagine.model("colorize")())
    dye = made("tint", reimagine.model("colorize", "tint")())
    rows = ("the film", network, 0), ("unet", network, None), ("tint", dye, None)
    write_sheet([[titled(frame(run, n, steps).image, title) for n in SHOTS] for title, run, steps in rows], page, 288)
    keep(page, "colorize", 55)


def stabilize(page: Path) -> None:
    """One row of the picture, all through a shot: flicker shows as stripes, steady colour does not."""
    every = reimagine.model("colorize")(every_frame=True)
    runs = {
        "--every-frame": made("every", every),
        "keyframes (the default)": made("unet", reimagine.model("colorize")()),
        "--every-frame, then stabilize": made("flow", every, reimagine.model("stabilize")()),
    }
    figure = Figure((12, 8), layout="constrained")
    rows = figure.subplots(len(runs) + 1, 1, sharex=True)
    for axes, (title, run) in zip(rows, runs.items(), strict=False):
        chroma = [np.stack(f.chroma).astype(np.float32) for f in run.picture().read(run.film)]
        traces = [float(c[0].mean()) for c in chroma]
        rows[-1].plot(traces, label=title)
        row = np.stack([c[0][120] for c in chroma], 1)
        axes.imshow(row, aspect="auto", cmap="coolwarm", vmin=108, vmax=148)
        axes.set(title=f"{title}: Cb of one row of the picture", ylabel="place")
    rows[-1].set(title="Cb, mean of the picture", xlabel="frame")
    rows[-1].legend()
    figure.savefig(page, dpi=80)
    keep(page, "stabilize", 80)


def cartoon(page: Path) -> None:
    """What the options of a look do, on one frame: of the coloured film, and at last of the grey one."""
    model, run = reimagine.model("cartoon"), made("unet", reimagine.model("colorize")())
    film, grey = frame(run, SHOTS[0]), frame(run, SHOTS[0], 0)
    settings = [
        (film, {"look": "hayao"}),
        (film, {"strength": 0.5}),
        (film, {"line": 0.6}),
        (film, {"size": 240}),
        (grey, {"look": "potter", "colour": True}),
    ]
    cells = [titled(film.image, "the film, coloured")]
    for source, setting in settings:
        drawn = next(iter(model(**setting).load("cpu")([source])))
        cells.append(titled(drawn.image, ", ".join(f"{k} {v}" for k, v in setting.items())))
    write_sheet([cells[:3], cells[3:]], page, 300)
    keep(page, "cartoon", 45)


def music(page: Path) -> None:
    """The tune as it was heard, and as it was gone on with; two timbres; the three sounds of a mix."""
    hear, answer = reimagine.model("transcribe")(), reimagine.model("compose")(answer=True, bars=8)
    timbre, level = reimagine.model("timbre"), reimagine.model("mix")
    piano_roll(read_notes(made("notes", hear).artifact("notes")), page)
    keep(page, "transcribe")
    piano_roll(read_notes(made("answer", hear, answer).artifact("notes")), page)
    keep(page, "compose")
    played = {name: made(name, hear, timbre(instruments=name)).artifact("sound") for name in ("violin", "vibraphone")}
    parts = []
    for sound in played.values():
        rainbowgram(read_sound(sound), page)
        parts.append(cv2.resize(cv2.imread(str(page)), None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(page), np.vstack(parts))
    keep(page, "timbre")
    mixed = made("mix", hear, timbre(instruments="violin"), level(keep_original=0.6))
    waves(
        page,
        {
            "the film's own sound": mixed.own_sound(),
            "the new music": read_sound(played["violin"]),
            "mixed, keep-original 0.6": read_sound(mixed.artifact("sound")),
        },
    )
    keep(page, "mix")


def waves(page: Path, sounds: dict[str, Sound]) -> None:
    """Sounds under each other, over time."""
    figure = Figure((12, 5), layout="constrained")
    rows = figure.subplots(len(sounds), 1, sharex=True)
    for axes, (title, sound) in zip(rows, sounds.items(), strict=True):
        wave = sound.mono()
        axes.plot(np.arange(len(wave)) / sound.rate, wave, linewidth=0.3)
        axes.set(title=title, ylim=(-1, 1))
    rows[-1].set(xlabel="seconds")
    figure.savefig(page, dpi=80)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for make in (restore, colorize, stabilize, cartoon, music):
            make(Path(folder) / "page.png")
