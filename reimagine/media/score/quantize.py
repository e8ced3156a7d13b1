"""Quantization: notes to chords of two hands, at positions and durations that can be written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from reimagine.media.midi.notes import Note, Notes
from reimagine.media.score.beats import Beats
from reimagine.media.score.hands import split_hands

TICKS = 12
"""Ticks per beat: sixteenths are 3, triplets of eighths 4."""
CHORD_SECONDS = 0.04
"""Seconds within which notes start together."""
DEVIATION = 0.07
"""Beats. Standard deviation of played onsets from the written ones."""
DIVISIONS = {1: 0.0, 2: 1.0, 4: 2.5, 3: 3.5}
"""Divisions of a beat, with the cost of each: simple ones are preferred."""
COMPOUND_DIVISIONS = {1: 0.0, 3: 1.0, 6: 4.0, 2: 4.0}
"""The same for compound metres, whose beats have three parts."""
COMPOUND_MARGIN = 0.7
"""A compound metre is chosen if its cost is below this share of that of a simple one."""
COLLISION = 4.0
"""Cost of two chords that fall on one position."""
HELD_SHARE = 0.4
"""A note that sounds for this share of the time until the next is written up to the next, without a rest."""
SYNCOPATIONS = (12, 18)
"""Ticks of notes that may begin on the second eighth of a beat and are not divided at the next."""


@dataclass(frozen=True)
class Piece:
    """A note, chord or rest that has a note value of its own; longer ones are several pieces, tied.

    Attributes:
        start: beats since the first bar.
        duration: beats.
        pitches: MIDI pitches, ascending; none for a rest.
        tied: whether the next piece continues it.
    """

    start: Fraction
    duration: Fraction
    pitches: tuple[int, ...]
    tied: bool = False


@dataclass(frozen=True)
class Hands:
    """The pieces of both hands, which fill the same bars without gaps, and whether a beat has three parts."""

    right: tuple[Piece, ...]
    left: tuple[Piece, ...]
    compound: bool


def quantize(notes: Notes, beats: Beats) -> Hands:
    """The pieces of at least one note."""
    groups = list(_simultaneous(notes))
    positions = beats.position(np.array([np.mean([n.start for n in group]) for group in groups]))
    simple, cost = _grid(positions, DIVISIONS)
    compound, compound_cost = _grid(positions, COMPOUND_DIVISIONS)
    is_compound = compound_cost < COMPOUND_MARGIN * cost
    ticks = compound if is_compound else simple
    placed = list(zip(ticks, groups, split_hands(groups), strict=True))
    right = [(tick, [n for n in group if n.pitch >= split]) for tick, group, split in placed]
    left = [(tick, [n for n in group if n.pitch < split]) for tick, group, split in placed]
    bar = beats.per_bar * TICKS
    end = -(-max(round(float(beats.position(np.array([notes.seconds]))[0]) * TICKS), ticks[-1] + 1) // bar) * bar
    upper, lower = (tuple(_pieces(hand, beats, end, is_compound)) for hand in (right, left))
    return Hands(upper, lower, is_compound)


def _simultaneous(notes: Iterable[Note]) -> Iterator[list[Note]]:
    """Groups of notes that start within CHORD_SECONDS of the first of them, in order of time."""
    group: list[Note] = []
    for note in sorted(notes):
        if group and note.start - group[0].start > CHORD_SECONDS:
            yield group
            group = []
        group.append(note)
    yield group


def _grid(positions: np.ndarray, divisions: dict[int, float]) -> tuple[list[int], float]:
    """The tick of each position in beats, ascending, with the best division of each beat; and the cost."""
    ticks, total = [], 0.0
    beat = np.floor(positions + 1 / TICKS / 2).astype(int)
    for number in np.unique(beat):
        inside = positions[beat == number] - number
        options = {}
        for division, penalty in divisions.items():
            steps = np.round(inside * division).astype(int)
            deviation = np.square((inside - steps / division) / DEVIATION).sum()
            cost = deviation + penalty + COLLISION * (np.diff(steps) == 0).sum()
            options[division] = cost, steps * TICKS // division
        cost, best = min(options.values(), key=lambda option: option[0])
        ticks += [int(number) * TICKS + int(tick) for tick in best]
        total += cost
    return ticks, total


def _pieces(hand: Sequence[tuple[int, list[Note]]], beats: Beats, end: int, compound: bool) -> Iterator[Piece]:
    """The chords of one hand, each until the next or until its own end, and rests, from tick 0 to `end`."""
    sounding: dict[int, list[Note]] = {}
    for tick, notes in hand:
        if notes:
            sounding.setdefault(tick, []).extend(notes)
    stops = [*sorted(sounding), end]
    yield from _divided(0, stops[0], (), beats.per_bar, compound)
    for tick, following in pairwise(stops):
        notes = sounding[tick]
        released = float(beats.position(np.array([max(n.end for n in notes)]))[0]) * TICKS
        stop = _written_end(tick, released, following)
        yield from _divided(tick, stop, tuple(sorted({n.pitch for n in notes})), beats.per_bar, compound)
        yield from _divided(stop, following, (), beats.per_bar, compound)


def _written_end(tick: int, released: float, following: int) -> int:
    """The tick until which a note is written; a rest after it begins on a beat."""
    if following - tick <= TICKS or released - tick >= HELD_SHARE * (following - tick):
        return following
    return min(following, max(tick // TICKS + 1, round(released / TICKS)) * TICKS)


def _divided(start: int, stop: int, pitches: tuple[int, ...], per_bar: int, compound: bool) -> Iterator[Piece]:
    """The pieces of a note or rest: divided at bars, and at beats where a single note value would be hard to read."""
    while start < stop:
        bar_end = (start // (per_bar * TICKS) + 1) * per_bar * TICKS
        end = min(stop, bar_end)
        beat_end, whole = (start // TICKS + 1) * TICKS, end // TICKS * TICKS
        if start % TICKS:
            is_syncopation = not compound and start % TICKS == TICKS // 2 and end - start in SYNCOPATIONS
            end = end if is_syncopation and pitches else min(end, beat_end)
        elif whole > start and end > whole:
            is_dotted = not compound and end - start == TICKS * 3 // 2
            end = end if is_dotted and pitches else whole
        yield Piece(Fraction(start, TICKS), Fraction(end - start, TICKS), pitches, bool(pitches) and end < stop)
        start = end
