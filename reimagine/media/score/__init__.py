"""Notes as a score: beats and metre, quantization, two hands, MusicXML (music21) and a picture of it (verovio)."""

SCORE_SUFFIXES = (".musicxml", ".svg")
"""File name endings of scores: MusicXML, and a picture of it."""
