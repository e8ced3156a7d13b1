"""A step of a run: found done, or done; each kind of track is read, worked on and written in its own way."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from reimagine import stages
from reimagine.engines import Engine, local
from reimagine.errors import StageError
from reimagine.execution.parts import Part, do_part, plan
from reimagine.media.files import write_text_atomically
from reimagine.media.frames import report_progress
from reimagine.media.notes import Notes, read_notes, write_notes, write_notes_csv
from reimagine.media.sound import read_sound, write_sound
from reimagine.media.track import PictureTrack
from reimagine.media.writer import concatenate, write_frames
from reimagine.progress import NoProgress, Progress
from reimagine.runs.folder import Run, Step

Facts = dict[str, Any]
"""What a step tells of itself: frames, counts, seconds."""


def take(
    run: Run,
    model: Any,
    device: str = "cpu",
    engine: Engine = local,
    codec: str = "magicyuv",
    progress: Progress | None = None,
) -> Step:
    """Do a run's next step, or find it done; afterwards it is its track's latest."""
    progress = progress or NoProgress()
    stage, name = stages.identify(model)
    reads, writes = stages.STAGES[stage]
    before = run.latest(reads)
    asked = run.question(model, stage, name, before, codec if writes == "picture" else "")
    home = run.home(stage, name, asked)
    facts = home / "step.json"
    if facts.exists():
        return run.add(facts, fresh=False)
    _check(run, stage, reads)
    home.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    done = _done(run, model, stage, home, device, engine, codec, progress)
    seconds = done.pop("seconds", time.monotonic() - begun)
    step = Step(home.name, asked, stage, name, writes, before.folder if before else "", round(seconds, 2), **done)
    options = {k: v for k, v in asdict(model).items() if v is not None}
    write_text_atomically(facts, json.dumps({**asdict(step), "options": options}, default=str, indent=1))
    return run.add(facts, fresh=True)


def _check(run: Run, stage: str, reads: str) -> None:
    if reads == "picture" and not run.film.frames:
        raise StageError(f"{stage}: {run.film.source} has no picture")
    if stage == "transcribe" and not (run.film.sounds or run.film.is_score):
        raise StageError(f"{stage}: {run.film.source} has no sound track")
    if stage in stages.FIRST and (
        done := [s.stage for s in run.steps if s.stage not in stages.FIRST and s.writes == "picture"]
    ):
        raise StageError(
            f"{stage}: comes first, and {run.folder} has been through {done[0]} already; "
            "give the film itself --into another folder"
        )
    if stage == "timbre" and run.latest("notes") is None and not run.film.is_score:
        raise StageError(f"{stage}: there are no notes yet; transcribe comes first")
    if stage == "mix" and run.latest("sound") is None:
        raise StageError("mix: there is no new sound yet; timbre comes first")


def _done(
    run: Run, model: Any, stage: str, home: Path, device: str, engine: Engine, codec: str, progress: Progress
) -> Facts:
    """The work itself, its artifact left in the folder `home`."""
    if stages.STAGES[stage][0] == "picture":
        picture = run.picture()
        if stage == "continue":
            return go_on(run, model, picture, home, device, codec, progress)
        return paint(run, model, stage, picture, home, device, engine, codec, progress)
    progress.begin(stage, 0)
    work = {"transcribe": transcribe, "compose": compose, "timbre": play, "mix": mix}[stage]
    return work(run, model, home, device)


def paint(run: Run, model, stage: str, picture: PictureTrack, home: Path, device, engine, codec, progress) -> Facts:
    """Frame for frame, in parts; a model may want to look at the film, or to learn something, first."""
    if hasattr(model, "prepared"):
        model = model.prepared(run.clip(picture.frames), learnt(run, model), device, progress)
    parts = [
        Part(
            model,
            picture,
            run.own,
            run.film,
            run.known,
            *ranges,
            home / "parts" / f"{ranges[2]:06d}-{ranges[3]:06d}.nut",
            device,
            codec,
        )
        for ranges in plan(run.takes, model)
    ]
    progress.begin(stage, picture.frames)
    done = list(engine(partial(do_part, tick=progress.advance) if engine is local else do_part, parts))
    facts = [json.loads(p.sidecar.read_text()) for p in parts]
    concatenate(done, home / "picture.nut")
    shutil.rmtree(home / "parts")
    counts: dict[str, float] = {}
    for fact in facts:
        for what, count in fact["counts"].items():
            counts[what] = counts.get(what, 0) + count
    return {"frames": picture.frames, "counts": counts, "seconds": sum(f["seconds"] for f in facts)}


def go_on(run: Run, model, picture: PictureTrack, home: Path, device, codec, progress) -> Facts:
    """Frames after the last, or after the one that is named; what the model learns of the film for that is
    kept beside the steps, and asking for more of the same does not learn it again."""
    if not 0 <= model.from_frame < picture.frames:
        raise StageError(
            f"continue: --from-frame {model.from_frame} is not in the film; it has the frames 0 to {picture.frames - 1}"
        )
    start = model.from_frame + 1 if model.from_frame else picture.frames
    more = max(1, round(model.seconds * run.film.rate))
    clip, work, kept = run.clip(start), model.load(device), learnt(run, model)
    if hasattr(work, "learn"):
        work.learn(clip, kept, progress)
    progress.begin("continue", more)
    write_frames(home / "picture.nut", report_progress(work(clip, more, kept), progress.advance), run.film.rate, codec)
    return {"frames": start + more, "start": start}


def learnt(run: Run, model: Any) -> Path:
    """The folder for what a model learns, whatever is then done with it."""
    stage, name = stages.identify(model)
    defaults = {field.name: field.default for field in fields(model) if field.name in model.after}
    asked = run.question(replace(model, **defaults), stage, name, run.latest("picture"), "")
    return run.folder / f"learnt-{stage}.{name}-{asked[:8]}"


def transcribe(run: Run, model, home: Path, device: str) -> Facts:
    """Sound into notes; a score is notes already. A model that names a `rate` is given mono sound at it."""
    source = run.artifact("sound")
    wanted = (model.rate, 1) if hasattr(model, "rate") else (None, None)
    if run.film.is_score:
        notes = read_notes(Path(run.film.source))
    else:
        work = model.load(device)
        notes = work(read_sound(source, 0.0, None, *wanted) if source else run.own_sound(*wanted))
    write_notes(home / "notes.mid", notes)
    write_notes_csv(home / "notes.csv", notes)
    return {"counts": {"notes": len(notes)}}


def compose(run: Run, model, home: Path, device: str) -> Facts:
    """Notes into notes; there may be none yet."""
    notes = model.load(device)(_notes(run))
    write_notes(home / "notes.mid", notes)
    write_notes_csv(home / "notes.csv", notes)
    return {"counts": {"notes": len(notes)}}


def _notes(run: Run) -> Notes:
    """The latest, with what is known of the film they are for."""
    path = run.artifact("notes")
    score = Path(run.film.source) if run.film.is_score else None
    notes = read_notes(path or score) if path or score else Notes(())
    if not run.film.frames and not run.film.sounds:
        return notes
    if not run.film.frames:
        return replace(notes, length=run.film.seconds)
    cuts = tuple(float(run.film.time(shot.start)) for shot in run.takes)
    return replace(notes, cuts=cuts, length=float(run.film.time(run.picture().frames)))


def play(run: Run, model, home: Path, device: str) -> Facts:
    notes = _notes(run)
    if not len(notes):
        raise StageError("timbre: no notes were found in this sound; the film keeps its own")
    if run.film.frames and notes.length > run.film.seconds:  # it goes on, and so does its music
        notes = notes.repeated(run.film.seconds)
    work = model.load(device)
    write_sound(home / "sound.wav", work(notes))
    return {"counts": {k: v for k, v in getattr(work, "counts", {}).items() if v}}


def mix(run: Run, model, home: Path, device: str) -> Facts:
    new = read_sound(run.artifact("sound"))
    write_sound(home / "sound.wav", model.load(device)(run.own_sound(), new))
    return {}
