"""Reading and writing of films, sound and notes, and analysis without networks: shots, motion, grain."""

from reimagine.media.audio.sound import Sound
from reimagine.media.iteration import batched, prefetch
from reimagine.media.midi.notes import Note, Notes
from reimagine.media.video.frames import Frame, Shot, frame_from_image, frames_from_images
from reimagine.media.video.reader import open_film, read_film

__all__ = [
    "Frame",
    "Note",
    "Notes",
    "Shot",
    "Sound",
    "batched",
    "frame_from_image",
    "frames_from_images",
    "open_film",
    "prefetch",
    "read_film",
]
