"""Reading and writing of films, sound and notes, and analysis without networks: shots, motion, grain."""

from reimagine.media.frames import Frame, Shot
from reimagine.media.iteration import batched, prefetch
from reimagine.media.notes import Note, Notes
from reimagine.media.sound import Sound

__all__ = ["Frame", "Note", "Notes", "Shot", "Sound", "batched", "prefetch"]
