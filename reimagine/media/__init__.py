"""Room 1: files to frames, samples, notes and shots, and back. Knows nothing of networks."""

from reimagine.media.frames import Frame, Shot, batched, prefetch
from reimagine.media.notes import Note, Notes
from reimagine.media.sound import Sound

__all__ = ["Frame", "Note", "Notes", "Shot", "Sound", "batched", "prefetch"]
