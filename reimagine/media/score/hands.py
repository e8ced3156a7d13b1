"""Division of notes between the right hand and the left hand of a pianist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reimagine.media.midi.notes import Note

SPLITS = np.arange(36, 85)
"""MIDI pitches that can be the lowest of the right hand."""
MIDDLE = 60
"""MIDI pitch that divides the hands if nothing else does (middle C)."""
MIDDLE_COST = 0.06
"""Cost per semitone between the split and MIDDLE."""
MOVE_COST = 0.15
"""Cost per semitone by which the split moves from one chord to the next."""
SPAN = 12
"""Semitones that a hand reaches; each further one costs SPAN_COST."""
SPAN_COST = 1.0
"""Cost per semitone beyond SPAN."""
MARGIN = 4
"""Semitones that a note should be away from the split; nearer ones cost up to MARGIN_COST."""
MARGIN_COST = 0.3
"""Cost of a note right at the split."""
REACH_SECONDS = 0.6
"""Seconds for which a hand is taken to stay where its last notes were."""


def split_hands(groups: Sequence[Sequence[Note]]) -> list[int]:
    """The lowest MIDI pitch of the right hand for each group of simultaneous notes, in order of time.

    The sequence with the lowest cost (Viterbi): hands do not stretch, the split moves little, and it lies in a gap.
    """
    moves = MOVE_COST * np.abs(SPLITS[:, None] - SPLITS)
    total = np.zeros(len(SPLITS))
    origins = []
    recent: list[Note] = []
    for group in groups:
        start = group[0].start
        recent = [n for n in recent if start - n.start < REACH_SECONDS]
        recent.extend(group)
        through = total[:, None] + moves
        origins.append(through.argmin(0))
        total = through.min(0) + _cost(np.array([n.pitch for n in recent]))
    path = [int(total.argmin())]
    for origin in reversed(origins[1:]):
        path.append(int(origin[path[-1]]))
    return [int(SPLITS[place]) for place in reversed(path)]


def _cost(pitches: np.ndarray) -> np.ndarray:
    """(len(SPLITS),) cost of each split of the pitches."""
    upper = pitches[:, None] >= SPLITS
    high = np.where(upper, pitches[:, None], -np.inf).max(0) - np.where(upper, pitches[:, None], np.inf).min(0)
    low = np.where(~upper, pitches[:, None], -np.inf).max(0) - np.where(~upper, pitches[:, None], np.inf).min(0)
    stretch = np.maximum(high - SPAN, 0) + np.maximum(low - SPAN, 0)
    near = np.maximum(0, MARGIN - np.abs(pitches[:, None] - SPLITS + 0.5)).sum(0) / MARGIN
    return SPAN_COST * stretch + MARGIN_COST * near + MIDDLE_COST * np.abs(SPLITS - MIDDLE)
