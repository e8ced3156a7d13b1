"""Pictures of the documentation, made from the demo film by the program: `make docs-pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure

import reimagine
from reimagine.bundled import bundled_path
from reimagine.degradation import degrade
from reimagine.gallery.music import piano_roll, rainbowgram
from reimagine.gallery.preview import with_caption
from reimagine.gallery.report import write_sheet
from reimagine.media import Frame, Sound
from reimagine.media.audio.sound import read_sound
from reimagine.media.midi.notes import read_notes
from reimagine.media.score.engraving import write_score
from reimagine.runs.folder import Run

DEMO = bundled_path("assets/demo.mp4")
"""The demo film."""
PICTURES = Path(__file__).parent / "pictures"
"""Folder of the documentation's pictures."""
RUNS = Path("build/pictures")
"""Folder of the runs; those that exist are used again."""
SHOTS = 40, 120, 200
"""A frame of each of the film's three shots."""
DETAIL = slice(280, 680)
"""Rows and columns of an enlarged frame that are shown."""
SHEET_WIDTH = 288
"""Width in pixels of a picture in a sheet of three columns."""


def run(name: str, *steps: Any) -> Run:
    """Run steps on the demo film."""
    return Run.open(reimagine.run(DEMO, list(steps), RUNS / name).folder)


def frame_of(run: Run, number: int, steps: int | None = None) -> Frame:
    """Return a frame of a run's picture after all steps, or after the first `steps` steps."""
    return next(run.tracks.picture(steps).read(number, number + 1))


def save(png: Path, name: str, quality: int = 60) -> None:
    """Save a PNG as a picture of the documentation."""
    PICTURES.mkdir(exist_ok=True)
    image = cv2.imread(str(png))
    cv2.imwrite(str(PICTURES / f"{name}.webp"), image, [cv2.IMWRITE_WEBP_QUALITY, quality])


def restore(page: Path) -> None:
    """Frames with six kinds of damage, and the network's output."""
    kinds = "holes", "negative", "stains", "noise", "scratches", "blur"
    network, film = reimagine.model("restore")().load("cpu"), Run.open(DEMO, RUNS / "unet")
    rows: tuple[list, list] = [], []
    for number, kind in zip(SHOTS * 2, kinds, strict=True):
        damaged = next(degrade([frame_of(film, number, 0)], kind, 4))
        rows[0].append(with_caption(damaged.image, kind))
        rows[1].append(next(iter(network([damaged]))).image)
    write_sheet([row[:3] for row in rows] + [row[3:] for row in rows], page, SHEET_WIDTH)
    save(page, "restore", 55)


def colorize(page: Path) -> None:
    """The film, coloured by the network, and tinted."""
    network = run("unet", reimagine.model("colorize")())
    tint = run("tint", reimagine.model("colorize", "tint")())
    rows = ("the film", network, 0), ("unet", network, None), ("tint", tint, None)
    cells = [[with_caption(frame_of(result, n, steps).image, title) for n in SHOTS] for title, result, steps in rows]
    write_sheet(cells, page, SHEET_WIDTH)
    save(page, "colorize", 55)


def stabilize(page: Path) -> None:
    """One row of the chroma plane over time, in which flicker appears as vertical stripes."""
    every_frame = reimagine.model("colorize")(every_frame=True)
    runs = {
        "--every-frame": run("every", every_frame),
        "keyframes (the default)": run("unet", reimagine.model("colorize")()),
        "--every-frame, then stabilize": run("flow", every_frame, reimagine.model("stabilize")()),
    }
    figure = Figure((12, 8), layout="constrained")
    rows = figure.subplots(len(runs) + 1, 1, sharex=True)
    for axes, (title, result) in zip(rows, runs.items(), strict=False):
        chroma = [np.stack(f.chroma).astype(np.float32) for f in result.tracks.picture().read()]
        means = [float(c[0].mean()) for c in chroma]
        rows[-1].plot(means, label=title)
        row = np.stack([c[0][120] for c in chroma], 1)
        axes.imshow(row, aspect="auto", cmap="coolwarm", vmin=108, vmax=148)
        axes.set(title=f"{title}: Cb of one row of the picture", ylabel="column")
    rows[-1].set(title="Cb, mean of the picture", xlabel="frame")
    rows[-1].legend()
    figure.savefig(page, dpi=80)
    save(page, "stabilize", 80)


def cartoon(page: Path) -> None:
    """The options of a look on one frame of the coloured film; the last one on the grey film."""
    model, coloured = reimagine.model("cartoon"), run("unet", reimagine.model("colorize")())
    film, grey = frame_of(coloured, SHOTS[0]), frame_of(coloured, SHOTS[0], 0)
    settings = [
        (film, {"look": "hayao"}),
        (film, {"strength": 0.5}),
        (film, {"line": 0.6}),
        (film, {"size": 240}),
        (grey, {"look": "potter", "colour": True}),
    ]
    cells = [with_caption(film.image, "the film, coloured")]
    for source, setting in settings:
        stylized = next(iter(model(**setting).load("cpu")([source])))
        cells.append(with_caption(stylized.image, ", ".join(f"{name} {value}" for name, value in setting.items())))
    write_sheet([cells[:3], cells[3:]], page, 300)
    save(page, "cartoon", 45)


def interpolate(page: Path) -> None:
    """Two frames, their average, and the frame half-way between them."""
    film = Run.open(DEMO, RUNS / "unet")
    first, second = (frame_of(film, SHOTS[1] + n, 0) for n in (0, 4))
    average = cv2.addWeighted(first.image, 0.5, second.image, 0.5, 0)
    [between] = reimagine.model("interpolate")().load("cpu")(first, second, [0.5])
    titles = "first", "second", "average", "interpolated"
    images = first.image, second.image, average, between.image
    cells = [with_caption(image, title) for image, title in zip(images, titles, strict=True)]
    write_sheet([cells[:2], cells[2:]], page, 400)
    save(page, "interpolate", 55)


def upscale(page: Path) -> None:
    """A detail of three frames, enlarged by Lanczos interpolation and by the network."""
    film = Run.open(DEMO, RUNS / "unet")
    rows = []
    for name in ("lanczos", "edsr"):
        work = reimagine.model("upscale", name)().load("cpu")
        frames = work(frame_of(film, number, 0) for number in SHOTS)
        rows.append([with_caption(frame.image[DETAIL, DETAIL], name) for frame in frames])
    write_sheet(rows, page, 400)
    save(page, "upscale", 60)


def music(page: Path) -> None:
    """The tune as transcribed, and its score, with an answer composed to it; two timbres; the three sounds of a mix."""
    transcribe, answer = reimagine.model("transcribe")(), reimagine.model("compose")(answer=True, bars=8)
    timbre, level = reimagine.model("timbre"), reimagine.model("mix")
    for name, picture, steps in (("notes", "transcribe", [transcribe]), ("answer", "compose", [transcribe, answer])):
        piano_roll(read_notes(artifact(run(name, *steps), "notes")), page)
        save(page, picture)
    write_score(PICTURES / "score.svg", read_notes(artifact(run("notes", transcribe), "notes")))
    sounds = {
        name: artifact(run(name, transcribe, timbre(instruments=name)), "sound") for name in ("violin", "vibraphone")
    }
    plots = []
    for sound in sounds.values():
        rainbowgram(read_sound(sound), page)
        plot = cv2.imread(str(page))
        plots.append(cv2.resize(plot, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(page), np.vstack(plots))
    save(page, "timbre")
    mixed = run("mix", transcribe, timbre(instruments="violin"), level(keep_original=0.6))
    waveforms = {
        "the film's own sound": mixed.tracks.original_sound(),
        "the new music": read_sound(sounds["violin"]),
        "mixed, keep-original 0.6": read_sound(artifact(mixed, "sound")),
    }
    plot_waveforms(page, waveforms)
    save(page, "mix")


def artifact(run: Run, track: str) -> Path:
    """Return the file of a track that a step of the run wrote."""
    path = run.tracks.artifact(track)
    assert path
    return path


def plot_waveforms(page: Path, sounds: dict[str, Sound]) -> None:
    """Plot sounds one below the other over time."""
    figure = Figure((12, 5), layout="constrained")
    rows = figure.subplots(len(sounds), 1, sharex=True)
    for axes, (title, sound) in zip(rows, sounds.items(), strict=True):
        samples = sound.mono()
        axes.plot(np.arange(len(samples)) / sound.rate, samples, linewidth=0.3)
        axes.set(title=title, ylim=(-1, 1))
    rows[-1].set(xlabel="seconds")
    figure.savefig(page, dpi=80)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for draw in (restore, colorize, stabilize, cartoon, upscale, interpolate, music):
            draw(Path(folder) / "page.png")
