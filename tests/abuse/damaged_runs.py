"""Run folders with one damaged file, made from a valid one with a seed; and what the commands about them say."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from rich.console import Console

import reimagine
from reimagine.gallery.page import write_gallery
from reimagine.gallery.show import summary
from reimagine.made import RECORD
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run
from reimagine.runs.prune import delete, unused_folders

ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    10**400,
    1e308,
    "",
    "..",
    "/etc",
    "x" * 9999,
    "a\nb",
    "\0",
    "[/x]",
    [],
    {},
    [[]],
    {"a": 1},
]
"""Values that replace a value of a JSON file."""
STRANGER = "notes of the user.json"
"""A file that is in the run folder and its steps and is not the program's."""


def steps() -> list[Any]:
    """Light steps."""
    return [reimagine.model("colorize", "tint")(), reimagine.model("cartoon", "ink")()]


def write_sample_film(path: Path) -> None:
    """Six frames of 64x48 pixels."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(6):
            image = np.random.default_rng(n).integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())


@cache
def sample() -> TemporaryDirectory[str]:
    """A folder with `film.mp4` and its run folder `run`; it is deleted when the process ends."""
    folder = TemporaryDirectory()
    path = Path(folder.name)
    write_sample_film(path / "film.mp4")
    reimagine.run(path / "film.mp4", steps(), path / "run", device="cpu")
    for inner in (path / "run", *(path / "run").glob("0?-*")):
        (inner / STRANGER).write_text("{}")
    return folder


def damage(run: Path, rng: random.Random, mutated: Callable[[bytes, random.Random, bool], bytes]) -> None:
    """Exchange a value of a JSON file of a run folder, or bytes of any of its text files."""
    files = sorted(path for path in run.rglob("*") if path.suffix in (".json", ".jsonl") and path.name != STRANGER)
    path = rng.choice(files)
    if rng.random() < 0.5:
        (run / RECORD).unlink()  # the run folder of an earlier release, whose files may have been edited
    if not path.exists():
        return
    if path.suffix == ".json" and rng.random() < 0.6:
        path.write_text(json.dumps(with_odd_value(json.loads(path.read_bytes()), rng)))
    else:
        path.write_bytes(mutated(path.read_bytes(), rng, True))


def with_odd_value(document: Any, rng: random.Random) -> Any:
    """A JSON document in which one value is replaced or one entry is left out."""
    places = list(places_of(document))
    if not places:
        return rng.choice(ODD)
    holder, key = rng.choice(places)
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice(ODD)
    return document


def places_of(document: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or list in a JSON document with each of its keys."""
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in pairs:
        yield document, key
        if isinstance(value, dict | list):
            yield from places_of(value)


def use(folder: Path, rng: random.Random) -> None:
    """Continue a run, show it, delete its folders, or write its page."""
    run, action = folder / "run", rng.randrange(5)
    if action == 0:
        reimagine.run(folder / "film.mp4", steps(), run, device="cpu")
    elif action == 1:
        reimagine.run(run, [reimagine.model("stabilize", "flow")()], device="cpu")
    elif action == 2:
        for part in summary(Run.open(run)):
            Console(file=StringIO()).print(part)
    elif action == 3:
        opened = Run.open(run)
        delete(opened, unused_folders(opened, True))
    else:
        write_gallery([Run.open(run)], folder / "site", NoProgress(), "")


def try_run(
    seed: int,
    mutated: Callable[[bytes, random.Random, bool], bytes],
    outcome: Callable[[Callable[[], object]], str],
) -> str:
    """The outcome of using a damaged run folder; "lost" if a file is missing that is not the program's."""
    rng = random.Random(f"run {seed}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(sample().name, folder, dirs_exist_ok=True)
        before = {path for path in folder.rglob(STRANGER)} | {folder / "film.mp4"}
        damage(folder / "run", rng, mutated)
        result = outcome(lambda: use(folder, rng))
        return "lost a file of the user" if not all(path.exists() for path in before) else result
