"""Reading and writing of films, sound and notes, and analysis without networks: shots, motion, grain."""

from reimagine.media.audio.sound import Sound
from reimagine.media.iteration import batched, prefetch
from reimagine.media.midi.notes import Note, Notes
from reimagine.media.video.frames import Frame, Shot

__all__ = ["Frame", "Note", "Notes", "Shot", "Sound", "batched", "prefetch"]
