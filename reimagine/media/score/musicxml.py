"""Notes written as MusicXML by music21, which adds rests, ties, beams and accidentals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.media.midi.notes import Notes

if TYPE_CHECKING:
    from reimagine.media.score.beats import Beats
    from reimagine.media.score.quantize import Hands, Piece

INSTALL = "pip install 'reimagine[score]'"
"""The command that installs what scores need."""
MAX_NOTES = 5_000
"""Notes of a score, at most: a quarter of an hour of music; music21 takes 25 KB of memory for each."""
COMPOUND_BEAT = Fraction(3, 2)
"""Quarter notes per beat of a compound metre."""
LINE_OF_FIFTHS = "FCGDAEB"
"""Note names in fifths; F has position -1, C has 0."""
FLATTEST = -3
"""Lowest position of a spelled note relative to that of the key's major tonic: E flat in C major."""
TREBLE_PITCH = 60
"""Mean MIDI pitch from which on a staff has a treble clef."""


def is_installed() -> bool:
    """Whether MusicXML can be written."""
    return find_spec("music21") is not None


def check_installed(path: Path) -> None:
    """Refuse a score that cannot be written.

    Raises:
        MediaError: music21 is not installed.
    """
    if not is_installed():
        raise MediaError(f"{path}: scores need music21 and verovio; {INSTALL}")


def has_score(notes: Notes) -> bool:
    """Whether there are notes, but not so many that a score of them takes too long."""
    return 0 < len(notes) <= MAX_NOTES


def write_musicxml(path: Path, notes: Notes, title: str = "") -> None:
    """Write a score: key, metre and tempo, and one staff for each hand, or a single one for a melody.

    Raises:
        MediaError: music21 is not installed, or there are no notes, or too many.
    """
    check_installed(path)
    if not has_score(notes):
        raise MediaError(f"{path}: there are {len(notes)} notes; a score has 1 to {MAX_NOTES}, write .mid instead")
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    from reimagine.media.score.beats import find_beats
    from reimagine.media.score.quantize import quantize

    beats = find_beats(notes)
    text = GeneralObjectExporter(_score(quantize(notes, beats), beats, _key(notes), title)).parse()
    with atomic_file(path) as temporary:
        temporary.write_bytes(text)


def _score(hands: Hands, beats: Beats, signature: Any, title: str) -> Any:
    """The music21 score."""
    from music21 import layout, metadata, stream

    staves = _staves(hands)
    parts = [stream.PartStaff(id=f"staff {number}") for number in range(1, len(staves) + 1)]
    for number, (part, pieces) in enumerate(zip(parts, staves, strict=True)):
        _fill(part, pieces, beats, hands.compound, signature, with_tempo=number == 0)
        part.makeNotation(inPlace=True)
    score = stream.Score(parts)
    score.metadata = metadata.Metadata(title=title, composer="")
    if len(parts) > 1:
        score.insert(0, layout.StaffGroup(parts, symbol="brace"))
    return score


def _staves(hands: Hands) -> list[Sequence[Piece]]:
    """The pieces of each staff, from the top; a hand that has no notes has no staff."""
    return [hand for hand in (hands.right, hands.left) if any(piece.pitches for piece in hand)]


def _fill(part: Any, pieces: Sequence[Piece], beats: Beats, compound: bool, signature: Any, with_tempo: bool) -> None:
    """Insert clef, key, metre, tempo, notes and rests into a staff."""
    from music21 import clef, key, meter, tempo

    quarters = COMPOUND_BEAT if compound else Fraction(1)
    pitches = [pitch for piece in pieces for pitch in piece.pitches]
    metre = f"{3 * beats.per_bar}/8" if compound else f"{beats.per_bar}/4"
    part.insert(0, clef.TrebleClef() if sum(pitches) / len(pitches) >= TREBLE_PITCH else clef.BassClef())
    part.insert(0, key.KeySignature(signature.sharps))
    part.insert(0, meter.TimeSignature(metre))
    if with_tempo:
        part.insert(0, tempo.MetronomeMark(number=round(beats.tempo), referent=float(quarters)))
    is_continued = False
    for piece in pieces:
        part.insert(piece.start * quarters, _symbol(piece, is_continued, quarters, signature.sharps))
        is_continued = piece.tied


def _symbol(piece: Piece, is_continued: bool, quarters: Fraction, sharps: int) -> Any:
    """The music21 note, chord or rest of a piece, with its tie."""
    from music21 import chord, note, tie

    length = piece.duration * quarters
    spelled = [_spelled(pitch, sharps) for pitch in piece.pitches]
    if not spelled:
        return note.Rest(quarterLength=length)
    symbol = chord.Chord(spelled) if len(spelled) > 1 else note.Note(spelled[0])
    symbol.quarterLength = length
    if piece.tied or is_continued:
        symbol.tie = tie.Tie("start" if not is_continued else "continue" if piece.tied else "stop")
    return symbol


def _key(notes: Notes) -> Any:
    """The key that fits the pitches best, by their durations (Krumhansl 1990)."""
    from music21 import note, stream
    from music21.analysis.discrete import KrumhanslSchmuckler

    played = stream.Stream()
    for each in notes:
        played.insert(each.start, note.Note(each.pitch, quarterLength=each.end - each.start))
    return KrumhanslSchmuckler(played).getSolution(played)


def _spelled(pitch: int, sharps: int) -> Any:
    """A MIDI pitch as a music21 pitch, with the name that is nearest to the key on the line of fifths."""
    from music21 import pitch as pitches

    lowest = sharps + FLATTEST
    position = lowest + (7 * pitch - lowest) % 12
    alter, letter = divmod(position + 1, 7)
    spelled = pitches.Pitch(LINE_OF_FIFTHS[letter], octave=(pitch - alter) // 12 - 1)
    spelled.accidental = pitches.Accidental(alter) if alter else None
    return spelled
