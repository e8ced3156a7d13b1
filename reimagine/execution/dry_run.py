"""What a list of steps would do to a film: which are done, how long the others take, the disk they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reimagine import stages
from reimagine.runs.folder import Step

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

SPEEDS = {
    "restore unet-gan": 9.0,
    "restore classic": 20.0,
    "colorize temporal": 35.0,
    "colorize unet": 45.0,
    "colorize deoldify": 0.4,
    "colorize tint": 200.0,
    "stabilize flow": 25.0,
    "stabilize convlstm": 9.0,
    "cartoon cartoongan": 5.5,
    "cartoon ink": 25.0,
    "continue recall": 12.0,
    "continue pix2pix": 9.0,
    "continue hold": 200.0,
}
"""Frames of 640x480 a second on two cores: rough, to tell a coffee from a night."""
LISTENING = {"transcribe basic-pitch": 6.0, "transcribe pyin": 3.0, "timbre harmonic": 40.0}
"""Seconds of sound a second."""
PIXEL = 0.8
"""Bytes of a pixel of a lossless picture on the way (MagicYUV)."""
SAMPLES = 48000 * 2 * 3
"""Bytes of a second of sound on the way."""


class Planned(NamedTuple):
    stage: str
    model: str
    key: str
    done: bool
    seconds: float
    bytes: float


def plan(run: Run, steps: Sequence[Any], codec: str = "magicyuv") -> Iterator[Planned]:
    """Each step as it would be done, one after the other; nothing is done, and `run` is not changed."""
    latest: dict[str, Step | None] = {track: run.latest(track) for track in ("picture", "sound", "notes")}
    frames = run.picture().frames
    for number, model in enumerate(steps, len(run.steps) + 1):
        stage, name = stages.identify(model)
        reads, writes = stages.STAGES[stage]
        asked = run.question(model, stage, name, latest[reads], codec if writes == "picture" else "")
        there = next(iter(run.folder.glob(f"??-{stage}.{name}-{asked[:8]}/step.json")), None)
        more = round(model.seconds * run.film.rate) if stage == "continue" else 0
        seconds, size = _cost(run, f"{stage} {name}", writes, more or frames)
        if more:
            seconds += 60 * getattr(model, "minutes", 0)
            frames += more
        elif getattr(model, "reference", None):
            seconds += 60 * model.minutes
        cost = (0, 0) if there else (seconds, size)
        yield Planned(stage, name, asked[:8], there is not None, *cost)
        folder = Path(there).parent.name if there else f"{number:02d}-{stage}.{name}-{asked[:8]}"
        latest[writes] = Step(folder, asked, stage, name, writes, "")


def _cost(run: Run, title: str, writes: str, frames: int) -> tuple[float, float]:
    """Seconds and bytes of a step."""
    pixels = run.film.width * run.film.height
    if writes == "picture":
        return frames * pixels / (640 * 480) / SPEEDS.get(title, 5.0), frames * pixels * PIXEL
    heard = run.film.seconds
    return heard / LISTENING.get(title, 60.0) + 2, heard * SAMPLES if writes == "sound" else 1e4
