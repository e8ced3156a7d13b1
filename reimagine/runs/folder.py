"""A run: a folder of finished steps. Key, keep, resume.

    runs/nosferatu/
    ├── run.json                          the steps in order, and each track's latest
    ├── 00-open-5b1e07aa/                 film.json, shots.json
    ├── 01-colorize.unet-3fa9c1d2/        picture.nut, step.json (written last: it means done)
    ├── film.mp4  report.json  contact-sheet.png

A step's key is the hash of its question (model, version, options, weights, input's key), and is
part of its folder's name: another option makes a sibling, the same question is answered at once.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from reimagine.errors import RunError
from reimagine.media.clip import Clip
from reimagine.media.files import write_text_atomically
from reimagine.media.film import Film, fingerprint
from reimagine.media.frames import Shot
from reimagine.media.sound import Sound, read_sound, silence
from reimagine.media.track import PictureTrack
from reimagine.progress import NoProgress, Progress

VERSION = 2
"""Of the open step: raise it when the same film gives other facts or shots."""


@dataclass
class Step:
    """A finished step, as `run.json` lists it. Of a picture, `start` is its first frame: those before it stay
    as they were."""

    folder: str
    key: str
    stage: str
    model: str
    writes: str
    input: str
    seconds: float = 0.0
    frames: int = 0
    start: int = 0
    counts: dict[str, float] = field(default_factory=dict)


def key(*facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


class Run:
    """A film in its folder; `step` after `step` is added to it."""

    def __init__(self, folder: Path, film: Film, shots: list[Shot], opened: str, key: str) -> None:
        self.folder, self.film, self.shots, self.opened, self.key = folder, film, shots, opened, key
        self.steps: list[Step] = []
        self.fresh: set[str] = set()

    # -- opening ---------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        source: Path,
        into: Path | None = None,
        start: float | None = None,
        end: float | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """A film's run folder, made or found again; or a run folder, to go on with."""
        progress = progress or NoProgress()
        if (source / "run.json").is_file():
            return cls._continue(source)
        from reimagine.media.files import check_readable

        check_readable(source)
        folder = into or Path("runs") / source.stem
        mark = fingerprint(source)
        _writable(folder)
        cls._refuse_other(folder, source, mark)
        opened = key("open", VERSION, mark, start, end)
        home = folder / f"00-open-{opened[:8]}"
        if not (home / "shots.json").exists():
            cls._look(source, home, start, end, progress)
        run = cls(folder, Film.read(home / "film.json"), _shots(home), home.name, opened)
        if not (folder / "run.json").exists():
            run.save()
        for note in run.film.notes:
            progress.message(note)
        return run

    @classmethod
    def _continue(cls, folder: Path) -> Run:
        try:
            facts = json.loads((folder / "run.json").read_text())
            home = folder / facts["opened"]
            run = cls(folder, Film.read(home / "film.json"), _shots(home), home.name, facts["key"])
            run.steps = [Step(**step) for step in facts["steps"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{folder}: its run.json cannot be read ({error}); start again from the film") from error
        if not Path(run.film.source).exists():
            raise RunError(f"{folder}: its film {run.film.source} is no longer there")
        return run

    @staticmethod
    def _refuse_other(folder: Path, source: Path, mark: str) -> None:
        for facts in folder.glob("00-open-*/film.json"):
            other = Film.read(facts)
            if other.fingerprint != mark:
                raise RunError(
                    f"{folder} is the run folder of another film ({other.source}); give this one --into another folder"
                )

    @staticmethod
    def _look(source: Path, home: Path, start, end, progress: Progress) -> None:
        from reimagine.media.reader import open_film
        from reimagine.media.shots import CutDetector, trim_shots

        progress.begin("open", 0)
        detector = CutDetector()

        def look(number: int, luma: Any) -> None:
            detector(number, luma)
            progress.advance(1)

        whole = open_film(source.resolve(), look)
        film = whole.trim(start, end)
        shots = trim_shots(detector.shots(whole.frames), film.first, film.frames)
        home.mkdir(parents=True, exist_ok=True)
        film.save(home / "film.json")
        write_text_atomically(home / "shots.json", json.dumps(shots))

    # -- what there is ---------------------------------------------------------------------

    def latest(self, track: str) -> Step | None:
        return next((s for s in reversed(self.steps) if s.writes == track), None)

    def artifact(self, track: str) -> Path | None:
        """The file of a track's latest step; None while it is still the source's."""
        step = self.latest(track)
        name = {"picture": "picture.nut", "sound": "sound.wav", "notes": "notes.mid"}[track]
        return self.folder / step.folder / name if step else None

    def picture(self, steps: int | None = None) -> PictureTrack:
        """The frames as the latest picture step left them, or the first `steps` steps."""
        picture = PictureTrack((("", 0, self.film.frames),))
        for step in self.steps[:steps]:
            if step.writes == "picture":
                path = str(self.folder / step.folder / "picture.nut")
                picture = PictureTrack((*picture.until(step.start).stretches, (path, step.start, step.frames)))
        return picture

    @property
    def own(self) -> PictureTrack:
        """The film's own frames, restored if they were: what later stages take for the film."""
        return self.picture(max((n for n, s in enumerate(self.steps, 1) if s.stage == "restore"), default=0))

    @property
    def known(self) -> int:
        """How many frames are the film's own; what comes after them was dreamt up."""
        starts = [step.start for step in self.steps if step.stage == "continue"]
        return min([self.film.frames, *starts])

    @property
    def takes(self) -> list[Shot]:
        """The shots of the picture as it is now; what was dreamt up is one."""
        shots = [Shot(s.start, min(s.stop, self.known), s.similar_frame) for s in self.shots if s.start < self.known]
        frames = self.picture().frames
        return [*shots, Shot(self.known, frames)] if frames > self.known else shots

    def clip(self, frames: int) -> Clip:
        """The picture as it is now, up to a frame, for whoever goes on with it."""
        picture = self.picture()
        name = Path(self.film.source).name
        whole = Clip(partial(picture.read, self.film), picture.frames, self.takes, self.film.rate, name)
        return whole.until(frames)

    def picture_before(self, stage: str) -> PictureTrack | None:
        """The frames as they were before the last step of a stage; None if it was not done."""
        places = [number for number, step in enumerate(self.steps) if step.stage == stage]
        return self.picture(places[-1]) if places else None

    def save(self) -> None:
        facts = {
            "source": self.film.source,
            "opened": self.opened,
            "key": self.key,
            "steps": [asdict(s) for s in self.steps],
        }
        write_text_atomically(self.folder / "run.json", json.dumps(facts, indent=1))

    def own_sound(self, rate: int | None = None, channels: int | None = None) -> Sound:
        """The film's own, as long as its picture is now; silence if it has none. Asked for at a rate, it is
        only to be listened to, and comes as it is."""
        film = self.film
        seconds = float(film.time(self.picture().frames)) if film.frames else film.seconds
        if not film.sounds:
            return silence(seconds)
        piece = film.seconds if film.trimmed else None
        sound = read_sound(Path(film.source), film.offset, piece, rate, channels)
        if self.known < film.frames:
            sound = sound.fit_length(min(sound.length, round(float(film.time(self.known)) * sound.rate)))
        return sound if rate else sound.fit_length(round(seconds * sound.rate))

    # -- steps -----------------------------------------------------------------------------

    def home(self, stage: str, name: str, asked: str) -> Path:
        """The folder of a step by its question, whether it is there yet or not."""
        title = f"{stage}.{name}-{asked[:8]}"
        there = next(iter(sorted(self.folder.glob(f"??-{title}"))), None)
        return there or self.folder / f"{len(self.steps) + 1:02d}-{title}"

    def question(self, model: Any, stage: str, name: str, before: Step | None, codec: str) -> str:
        """Hash the question, not the answer."""
        options = asdict(model)
        if weights := getattr(model, "network", options.get("weights")):
            from reimagine import zoo

            options["weights"] = zoo.verified_path(weights)[1]
        for title, value in options.items():
            if isinstance(value, Path) and value.exists():
                options[title] = fingerprint(value)
        return key(stage, name, model.version, options, codec, self.key, before.key if before else "")

    def add(self, facts: Path, fresh: bool) -> Step:
        """A finished step, by its step.json, becomes its track's latest."""
        told = json.loads(facts.read_text())
        told.pop("options", None)
        self.steps = [*self.steps, Step(**told)]
        if fresh:
            self.fresh.add(facts.parent.name)
        self.save()
        return self.steps[-1]


def _shots(home: Path) -> list[Shot]:
    return [Shot(*pair) for pair in json.loads((home / "shots.json").read_text())]


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"{folder}: cannot be written ({reason}); give --into another folder") from error
