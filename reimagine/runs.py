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
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from reimagine import stages
from reimagine.engines import Engine, local
from reimagine.errors import RunError, StageError
from reimagine.media.film import Film, fingerprint
from reimagine.media.frames import Shot
from reimagine.media.notes import read_notes, write_notes, write_table
from reimagine.media.sound import read_sound, silence, write_sound
from reimagine.media.writer import join, write_picture, write_text
from reimagine.parts import Part, Picture, do_part, plan

VERSION = 2
"""Of the open step: raise it when the same film gives other facts or shots."""


class Watch(Protocol):
    """Whoever wants to see the work go on."""

    def begin(self, title: str, total: int) -> None: ...
    def tick(self, count: int) -> None: ...
    def say(self, line: str) -> None: ...


class Silent:
    def begin(self, title: str, total: int) -> None:
        pass

    def tick(self, count: int) -> None:
        pass

    def say(self, line: str) -> None:
        pass


@dataclass
class Step:
    """A finished step, as `run.json` lists it."""

    folder: str
    key: str
    stage: str
    model: str
    writes: str
    input: str
    seconds: float = 0.0
    frames: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def key(*facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


class Run:
    """A film in its folder; `step` after `step` is added to it."""

    def __init__(self, folder: Path, film: Film, shots: list[Shot], opened: str, key: str):
        self.folder, self.film, self.shots, self.opened, self.key = folder, film, shots, opened, key
        self.steps: list[Step] = []
        self.fresh: set[str] = set()

    # -- opening ---------------------------------------------------------------------------

    @classmethod
    def open(cls, source: Path, into: Path | None = None, start: float | None = None,
             end: float | None = None, watch: Watch | None = None) -> Run:  # fmt: skip
        """A film's run folder, made or found again; or a run folder, to go on with."""
        watch = watch or Silent()
        if (source / "run.json").is_file():
            return cls._continue(source)
        from reimagine.media.reader import check

        check(source)
        folder = into or Path("runs") / source.stem
        mark = fingerprint(source)
        _writable(folder)
        cls._refuse_other(folder, source, mark)
        opened = key("open", VERSION, mark, start, end)
        home = folder / f"00-open-{opened[:8]}"
        if not (home / "shots.json").exists():
            cls._look(source, home, start, end, watch)
        run = cls(folder, Film.read(home / "film.json"), _shots(home), home.name, opened)
        for note in run.film.notes:
            watch.say(note)
        return run

    @classmethod
    def _continue(cls, folder: Path) -> Run:
        try:
            facts = json.loads((folder / "run.json").read_text())
            home = folder / facts["opened"]
            run = cls(folder, Film.read(home / "film.json"), _shots(home), home.name, facts["key"])
            run.steps = [Step(**step) for step in facts["steps"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{folder}: its run.json cannot be read ({error}); "
                           "start again from the film") from error  # fmt: skip
        if not Path(run.film.source).exists():
            raise RunError(f"{folder}: its film {run.film.source} is no longer there")
        return run

    @staticmethod
    def _refuse_other(folder: Path, source: Path, mark: str) -> None:
        for facts in folder.glob("00-open-*/film.json"):
            other = Film.read(facts)
            if other.fingerprint != mark:
                raise RunError(f"{folder} is the run folder of another film ({other.source}); "
                               "give this one --into another folder")  # fmt: skip

    @staticmethod
    def _look(source: Path, home: Path, start, end, watch: Watch) -> None:
        from reimagine.media.reader import open_film
        from reimagine.media.shots import CutDetector, trimmed

        watch.begin("open", 0)
        detector = CutDetector()

        def look(number: int, luma: Any) -> None:
            detector(number, luma)
            watch.tick(1)

        whole = open_film(source.resolve(), look)
        film = whole.trim(start, end)
        shots = trimmed(detector.shots(whole.frames), film.first, film.frames)
        home.mkdir(parents=True, exist_ok=True)
        film.save(home / "film.json")
        write_text(home / "shots.json", json.dumps(shots))

    # -- what there is ---------------------------------------------------------------------

    def latest(self, track: str) -> Step | None:
        return next((s for s in reversed(self.steps) if s.writes == track), None)

    def artifact(self, track: str) -> Path | None:
        """The file of a track's latest step; None while it is still the source's."""
        step = self.latest(track)
        name = {"picture": "picture.nut", "sound": "sound.wav", "notes": "notes.mid"}[track]
        return self.folder / step.folder / name if step else None

    def picture(self, steps: int | None = None) -> Picture:
        """The frames as the latest picture step left them, or the first `steps` steps."""
        picture = Picture((("", 0, self.film.frames),))
        for step in self.steps[:steps]:
            if step.writes == "picture":
                path = str(self.folder / step.folder / "picture.nut")
                kept = picture.stretches if step.stage == "continue" else ()
                first = picture.frames if kept else 0
                picture = Picture((*kept, (path, first, step.frames)))
        return picture

    def picture_before(self, stage: str) -> Picture | None:
        """The frames as they were before the last step of a stage; None if it was not done."""
        places = [number for number, step in enumerate(self.steps) if step.stage == stage]
        return self.picture(places[-1]) if places else None

    def save(self) -> None:
        facts = {"source": self.film.source, "opened": self.opened, "key": self.key,
                 "steps": [asdict(s) for s in self.steps]}  # fmt: skip
        write_text(self.folder / "run.json", json.dumps(facts, indent=1))

    # -- doing -----------------------------------------------------------------------------

    def step(self, model: Any, device: str = "cpu", engine: Engine = local,
             codec: str = "magicyuv", watch: Watch | None = None) -> Step:  # fmt: skip
        """Do one step, or find it done; afterwards it is its track's latest."""
        watch = watch or Silent()
        stage, name = stages.place(model)
        reads, writes = stages.STAGES[stage]
        before = self.latest(reads)
        asked = self._question(model, stage, name, before, codec if writes == "picture" else "")
        home = self._home(stage, name, asked)
        facts = home / "step.json"
        if not facts.exists():
            self._check(stage, reads)
            home.mkdir(parents=True, exist_ok=True)
            begun = time.monotonic()
            work = {"picture": self._paint, "sound": self._sound, "notes": self._notes}[reads]
            done = work(model, stage, home, device, engine, codec, watch)
            seconds = done.pop("seconds", time.monotonic() - begun)
            step = Step(home.name, asked, stage, name, writes, before.folder if before else "",
                        round(seconds, 2), **done)  # fmt: skip
            options = {k: v for k, v in asdict(model).items() if v is not None}
            write_text(facts, json.dumps({**asdict(step), "options": options}, default=str, indent=1))
            self.fresh.add(home.name)
        told = json.loads(facts.read_text())
        told.pop("options", None)
        self.steps = [*self.steps, Step(**told)]
        self.save()
        return self.steps[-1]

    def _home(self, stage: str, name: str, asked: str) -> Path:
        title = f"{stage}.{name}-{asked[:8]}"
        there = next(iter(sorted(self.folder.glob(f"??-{title}"))), None)
        return there or self.folder / f"{len(self.steps) + 1:02d}-{title}"

    def _question(self, model: Any, stage: str, name: str, before: Step | None, codec: str) -> str:
        """Hash the question, not the answer."""
        options = asdict(model)
        if weights := options.get("weights"):
            from reimagine import zoo

            options["weights"] = zoo.checked(weights)[1]
        for title, value in options.items():
            if isinstance(value, Path) and value.is_dir():
                options[title] = fingerprint(value)
        return key(stage, name, model.version, options, codec, self.key, before.key if before else "")

    def _check(self, stage: str, reads: str) -> None:
        if reads == "picture" and not self.film.frames:
            raise StageError(f"{stage}: {self.film.source} has no picture")
        if reads == "sound" and stage == "transcribe" and not self.film.sounds:
            raise StageError(f"{stage}: {self.film.source} has no sound track")
        if reads == "notes" and self.latest("notes") is None:
            raise StageError(f"{stage}: there are no notes yet; transcribe comes first")
        if stage == "mix" and self.latest("sound") is None:
            raise StageError("mix: there is no new sound yet; timbre comes first")

    def _paint(self, model, stage, home, device, engine, codec, watch) -> dict[str, Any]:
        picture = self.picture()
        if stage == "continue":
            return self._go_on(model, picture, home, device, codec, watch)
        shots = self.shots
        if picture.frames > self.film.frames:
            shots = [*shots, Shot(self.film.frames, picture.frames)]
        parts = [
            Part(model, picture, self.film, *ranges,
                 home / "parts" / f"{ranges[2]:06d}-{ranges[3]:06d}.nut", device, codec)
            for ranges in plan(shots, model)
        ]  # fmt: skip
        watch.begin(stage, picture.frames)
        done = list(engine(partial(do_part, tick=watch.tick) if engine is local else do_part, parts))
        facts = [json.loads(p.sidecar.read_text()) for p in parts]
        join(done, home / "picture.nut")
        shutil.rmtree(home / "parts")
        counts: dict[str, int] = {}
        for fact in facts:
            for what, count in fact["counts"].items():
                counts[what] = counts.get(what, 0) + count
        return {"frames": picture.frames, "counts": counts, "seconds": sum(f["seconds"] for f in facts)}

    def _go_on(self, model, picture: Picture, home, device, codec, watch) -> dict[str, Any]:
        more = max(1, round(model.seconds * self.film.rate))
        watch.begin("continue", more)
        seen = picture.read(self.film, max(0, picture.frames - 1 - model.context))
        made = model.load(device)(seen, more)
        write_picture(home / "picture.nut", made, self.film.rate, codec)
        return {"frames": picture.frames + more}

    def _sound(self, model, stage, home, device, engine, codec, watch) -> dict[str, Any]:
        work = model.load(device)
        watch.begin(stage, 0)
        if stage == "mix":
            new = read_sound(self.artifact("sound"))
            write_sound(home / "sound.wav", work(self.own_sound(), new))
            return {}
        source = self.artifact("sound")
        sound = read_sound(source) if source else self.own_sound()
        notes = work(sound)
        write_notes(home / "notes.mid", notes)
        write_table(home / "notes.csv", notes)
        return {"counts": {"notes": len(notes)}}

    def own_sound(self):
        film = self.film
        seconds = float(film.time(self.picture().frames)) if film.frames else film.seconds
        if not film.sounds:
            return silence(seconds)
        sound = read_sound(Path(film.source), film.offset, film.seconds if film.trimmed else None)
        return sound.fitted(round(seconds * sound.rate))

    def _notes(self, model, stage, home, device, engine, codec, watch) -> dict[str, Any]:
        work: Callable = model.load(device)
        watch.begin(stage, 0)
        notes = read_notes(self.artifact("notes"))
        if not len(notes):
            raise StageError(f"{stage}: no notes were found in this sound; the film keeps its own")
        write_sound(home / "sound.wav", work(notes))
        return {}


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
