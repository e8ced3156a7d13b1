"""The tracks of a film after the steps of a run: its picture, shots, sound and notes as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reimagine.media.audio.sound import Sound, read_sound, silence
from reimagine.media.video.clip import Clip
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.track import PictureTrack
from reimagine.runs.step import ARTIFACTS, Step
from reimagine.stages.contract import Kind


@dataclass(frozen=True)
class FilmTracks:
    """What the steps of a run have made of a film.

    Attributes:
        folder: the run folder.
        shots: shots of the source.
        steps: the finished steps, in order.
    """

    folder: Path
    film: Film
    shots: tuple[Shot, ...]
    steps: tuple[Step, ...]

    def latest(self, track: str) -> Step | None:
        """The last step that wrote a track; None while the track is the source's."""
        return next((step for step in reversed(self.steps) if step.writes == track), None)

    def artifact(self, track: str) -> Path | None:
        """The file that the last step left of a track; None while the track is the source's."""
        step = self.latest(track)
        return self.folder / step.folder / ARTIFACTS[track] if step else None

    # -- picture ---------------------------------------------------------------------------

    def picture(self, steps: int | None = None) -> PictureTrack:
        """The picture after all steps, or after the first `steps` steps."""
        track = PictureTrack((("", 0, self.film.frames),))
        for step in self.steps[:steps]:
            if step.writes == "picture":
                path = str(self.folder / step.folder / ARTIFACTS["picture"])
                track = PictureTrack((*track.until(step.start).segments, (path, step.start, step.frames)))
        return track

    @property
    def source_picture(self) -> PictureTrack:
        """The film's own picture: the source, or the result of the last step that restores the source."""
        restored = [number for number, step in enumerate(self.steps, 1) if step.row.restores_source]
        return self.picture(max(restored, default=0))

    @property
    def source_frames(self) -> int:
        """How many frames are the film's own; later ones were generated."""
        starts = [step.start for step in self.steps if step.row.kind is Kind.CONTINUATION]
        return min([self.film.frames, *starts])

    @property
    def current_shots(self) -> list[Shot]:
        """The shots of the picture as it is now; all generated frames are one shot."""
        own = self.source_frames
        shots = [Shot(s.start, min(s.stop, own), s.similar_frame) for s in self.shots if s.start < own]
        frames = self.picture().frames
        return [*shots, Shot(own, frames)] if frames > own else shots

    def clip(self, frames: int) -> Clip:
        """The first `frames` frames of the picture as it is now."""
        picture, name = self.picture(), Path(self.film.source).name
        read = partial(picture.read, self.film)
        return Clip(read, picture.frames, self.current_shots, self.film.rate, name).until(frames)

    def measured_input(self) -> PictureTrack | None:
        """The picture that the last step whose stage measures its input was given; None without such a step."""
        numbers = [number for number, step in enumerate(self.steps) if step.row.measures_input]
        return self.picture(numbers[-1]) if numbers else None

    # -- sound -----------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Length of the film as it is now."""
        return float(self.film.time(self.picture().frames)) if self.film.frames else self.film.seconds

    def original_sound(self, rate: int | None = None, channels: int | None = None) -> Sound:
        """The source's own sound at the film's speed, as long as the picture is now; silence if it has none.

        With a `rate` it is for analysis only: resampled, and not padded to the length of the picture.
        """
        film = self.film
        if not film.sounds:
            return silence(self.seconds)
        length = film.seconds * float(film.speed) if film.trimmed else None
        zero = film.start_time if film.frames else None
        sound = read_sound(Path(film.source), film.offset, length, rate, channels, zero).at_speed(film.speed)
        if self.source_frames < film.frames:
            end = round(float(film.time(self.source_frames)) * sound.rate)
            sound = sound.fit_length(min(sound.length, end))
        return sound if rate else sound.fit_length(round(self.seconds * sound.rate))
