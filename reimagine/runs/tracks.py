"""The tracks of a film after the steps of a run: its picture, shots, sound and notes as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from reimagine.media.audio.sound import Sound, read_sound, silence
from reimagine.media.audio.tempo import slowed
from reimagine.media.video.clip import Clip
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.retiming import Retiming
from reimagine.media.video.track import PictureTrack
from reimagine.runs.step import ARTIFACTS, Step
from reimagine.stages.contract import Kind


@dataclass(frozen=True)
class PictureState:
    """The picture after some of the steps.

    Attributes:
        film: its size and clock, and the number of frames that are the film's own.
        picture: its files.
        shots: its shots; all generated frames are one shot.
        own: how many frames are the film's own; later ones were generated.
        retimings: the interpolations so far, in order.
    """

    film: Film
    picture: PictureTrack
    shots: tuple[Shot, ...]
    own: int
    retimings: tuple[Retiming, ...] = ()

    def after(self, step: Step, path: str) -> PictureState:
        """The picture after a step that wrote it to the file `path`."""
        frames = self.picture.frames
        film = step.change.applied(self.film, frames)
        state = replace(self, film=film, picture=self.picture.extended(film, path, step.start, step.frames))
        if retiming := step.change.retiming(self.film, frames):
            own, retimings = min(retiming.first(self.own), step.frames), (*self.retimings, retiming)
            return replace(state, own=own, shots=tuple(retiming.shots(self.shots)), retimings=retimings)
        if step.row.kind is Kind.CONTINUATION:
            return state.with_generated(min(self.own, step.start), step.frames)
        return state

    def with_generated(self, own: int, frames: int) -> PictureState:
        """The picture whose frames from `own` on are generated."""
        shots = [Shot(s.start, min(s.stop, own), s.similar_frame) for s in self.shots if s.start < own]
        return replace(self, own=own, shots=(*shots, Shot(own, frames)))


@dataclass(frozen=True)
class FilmTracks:
    """What the steps of a run have made of a film.

    Attributes:
        folder: the run folder.
        source: the film as it was opened.
        source_shots: its shots.
        steps: the finished steps, in order.
    """

    folder: Path
    source: Film
    source_shots: tuple[Shot, ...]
    steps: tuple[Step, ...]

    def latest(self, track: str) -> Step | None:
        """The last step that wrote a track; None while the track is the source's."""
        return next((step for step in reversed(self.steps) if step.writes == track), None)

    def artifact(self, track: str) -> Path | None:
        """The file that the last step left of a track; None while the track is the source's."""
        step = self.latest(track)
        return self.folder / step.folder / ARTIFACTS[track] if step else None

    # -- picture ---------------------------------------------------------------------------

    def state(self, steps: int | None = None) -> PictureState:
        """The picture after the first `steps` steps, by default after all."""
        source = PictureTrack(self.source, (("", 0, self.source.frames),))
        state = PictureState(self.source, source, self.source_shots, self.source.frames)
        for step in self.steps[:steps]:
            if step.writes == "picture":
                state = state.after(step, str(self.folder / step.folder / ARTIFACTS["picture"]))
        return state

    @cached_property
    def now(self) -> PictureState:
        """The picture after all steps."""
        return self.state()

    @property
    def film(self) -> Film:
        """Size and clock of the film as it is now; other properties are those of the source."""
        return self.now.film

    def picture(self, steps: int | None = None) -> PictureTrack:
        """The picture after all steps, or after the first `steps` steps."""
        return (self.now if steps is None else self.state(steps)).picture

    @property
    def source_picture(self) -> PictureTrack:
        """The film's own picture, with the size and clock of the present one.

        It is the source, or the result of the last step that restored the source, or changed size or clock.
        """
        found = [n for n, step in enumerate(self.steps, 1) if step.row.restores_source or step.change.is_any]
        return self.picture(max(found, default=0))

    @property
    def source_frames(self) -> int:
        """How many frames of the picture as it is now are the film's own; later ones were generated."""
        return self.now.own

    @property
    def current_shots(self) -> list[Shot]:
        """The shots of the picture as it is now; all generated frames are one shot."""
        return list(self.now.shots)

    def number_now(self, number: int) -> int:
        """The frame of the picture as it is now at the time of a frame of the source, or the next one after it."""
        for retiming in self.now.retimings:
            number = retiming.first(number)
        return number

    @property
    def keeps_frames(self) -> bool:
        """Whether every frame of the source has its own frame in the picture as it is now."""
        return all(retiming.keeps_frames for retiming in self.now.retimings)

    def source_number(self, number: int) -> int:
        """The latest frame of the source at the time of a frame of the picture as it is now."""
        for retiming in reversed(self.now.retimings):
            number = retiming.position(number).frame
        return number

    def clip(self, frames: int) -> Clip:
        """The first `frames` frames of the picture as it is now."""
        picture, name = self.picture(), Path(self.source.source).name
        return Clip(picture.read, picture.frames, self.current_shots, self.film.rate, name).until(frames)

    def measured_input(self) -> PictureTrack | None:
        """The picture that the last step whose stage measures its input was given; None without such a step.

        It is also None if size or clock were changed since.
        """
        numbers = [number for number, step in enumerate(self.steps) if step.row.measures_input]
        if not numbers or any(step.change.is_any for step in self.steps[numbers[-1] :]):
            return None
        return self.picture(numbers[-1])

    # -- sound -----------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Length of the film as it is now."""
        return float(self.film.time(self.picture().frames)) if self.film.frames else self.film.seconds

    def original_sound(self, rate: int | None = None, channels: int | None = None) -> Sound:
        """The source's own sound at the film's speed, as long as the picture is now; silence if it has none.

        With a `rate` it is for analysis only: resampled, and not padded to the length of the picture.
        """
        film = self.source
        if not film.sounds:
            return silence(self.seconds)
        length = film.seconds * float(film.speed) if film.trimmed else None
        zero = film.start_time if film.frames else None
        sound = read_sound(Path(film.source), film.offset, length, rate, channels, zero).at_speed(film.speed)
        sound = self._slowed(sound, 0)
        if self.source_frames < self.film.frames:
            end = round(float(self.film.time(self.source_frames)) * sound.rate)
            sound = sound.fit_length(min(sound.length, end))
        return sound if rate else sound.fit_length(round(self.seconds * sound.rate))

    def new_sound(self, rate: int | None = None, channels: int | None = None) -> Sound | None:
        """The sound that the last step of sound made, slowed where later steps slow it; None without such a step."""
        step, path = self.latest("sound"), self.artifact("sound")
        if step is None or path is None:
            return None
        return self._slowed(read_sound(path, 0.0, None, rate, channels), self.steps.index(step))

    def _slowed(self, sound: Sound, first: int) -> Sound:
        """A sound, slowed as the steps from number `first` on say."""
        for step in self.steps[first:]:
            if step.change.slow_sound:
                sound = slowed(sound, step.change.slowdown)
        return sound
