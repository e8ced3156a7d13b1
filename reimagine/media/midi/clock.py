"""Times of MIDI ticks: tempo changes on any track, or a fixed number of ticks per second (SMPTE division)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reimagine.media.midi.notes import Events

DEFAULT_TEMPO = 120.0
"""Quarter notes per minute until a file says otherwise (MIDI's own default)."""
QUARTERS_PER_BAR = 4
"""Quarter notes per bar of 4/4."""
MINUTE_MICROSECONDS = 6e7
"""Microseconds per minute: MIDI stores tempi as microseconds per quarter note."""
DROP_FRAME_RATE = 29
"""Frame rate by which a SMPTE division means 30000/1001 frames per second (drop frame)."""
SMPTE_RATES = (24, 25, DROP_FRAME_RATE, 30)
"""Frame rates of a SMPTE division."""


class Section(NamedTuple):
    """A part of a file with one tempo: its first tick, the time of that tick, and the duration of a tick in seconds."""

    tick: int
    second: float
    tick_seconds: float


class MidiClock:
    """Converts ticks of a MIDI file to seconds and back.

    Attributes:
        sections: parts of one tempo, in order; neighbours have different tempi.
        ticks_per_quarter: None with a SMPTE division, where ticks have a fixed duration and tempi have no effect.
    """

    def __init__(self, sections: Sequence[Section], ticks_per_quarter: int | None) -> None:
        self.sections, self.ticks_per_quarter = list(sections), ticks_per_quarter
        self._ticks = [section.tick for section in sections]
        self._seconds = [section.second for section in sections]

    @classmethod
    def of_file(cls, division: int, tracks: Iterable[Events]) -> MidiClock:
        """The clock of a file.

        Args:
            division: the file header's, signed: ticks per quarter note, or, if negative, a SMPTE division.
            tracks: the messages of all tracks; tempo changes on any of them hold for all.

        Raises:
            ValueError: the division or a tempo is impossible.
        """
        if division < 0:
            return cls([Section(0, 0.0, _smpte_tick(division))], None)
        if not division:
            raise ValueError("it has 0 ticks per quarter note")
        sections = [Section(0, 0.0, 60.0 / (DEFAULT_TEMPO * division))]
        for tick, message in merge(*tracks, key=lambda event: event[0]):
            if message.type != "set_tempo":
                continue
            if not message.tempo:
                raise ValueError("it has a tempo of 0 microseconds per quarter note")
            last, length = sections[-1], 60.0 / (MINUTE_MICROSECONDS / message.tempo * division)
            second = last.second + last.tick_seconds * (tick - last.tick)
            if tick == last.tick:
                sections.pop()
            if not sections or length != sections[-1].tick_seconds:
                sections.append(Section(tick, second, length))
        return cls(sections, division)

    def seconds(self, tick: int) -> float:
        """The time of a tick."""
        section = self.sections[bisect_right(self._ticks, tick) - 1]
        return section.second + section.tick_seconds * (tick - section.tick)

    def tick(self, second: float) -> float:
        """The tick at a time, with its fraction; the time is not negative."""
        section = self.sections[bisect_right(self._seconds, second) - 1]
        return section.tick + (second - section.second) / section.tick_seconds

    def is_steady(self, first: int, last: int) -> bool:
        """Whether the tempo does not change between two ticks."""
        return bisect_right(self._ticks, first) == bisect_right(self._ticks, last - 1)

    def tempo_and_beat(self, end: float, signature_change: int = 0) -> tuple[float, float]:
        """(quarter notes per minute, time of the first beat in seconds) for music that ends at `end` seconds.

        The tempo is the one that holds longest. Bars are counted from where it begins, or from the end of a pickup bar
        as `notes.write_notes` writes it; earlier versions wrote a whole bar of another tempo.

        Args:
            signature_change: tick of the first change of the time signature; 0 for none. It ends a pickup bar if it
                lies within the first bar.
        """
        if self.ticks_per_quarter is None:
            return DEFAULT_TEMPO, 0.0
        tempi = [60.0 / (section.tick_seconds * self.ticks_per_quarter) for section in self.sections]
        bar = QUARTERS_PER_BAR * self.ticks_per_quarter
        if len(tempi) == 2 and self.sections[1].tick == bar:
            return tempi[1], self.sections[1].second
        ends = [*self._seconds[1:], max(end, self._seconds[-1])]
        durations = [min(stop, end) - start for start, stop in zip(self._seconds, ends, strict=True)]
        pickup = signature_change if signature_change < bar else 0
        first = bisect_right(self._ticks, pickup) - 1
        longest = first + durations[first:].index(max(durations[first:]))
        if pickup:
            return tempi[longest], self.seconds(pickup)
        return tempi[longest], self.sections[longest].second % (60 * QUARTERS_PER_BAR / tempi[longest])


def _smpte_tick(division: int) -> float:
    """Seconds per tick of a SMPTE division: the high byte is minus the frame rate, the low byte ticks per frame."""
    rate, ticks = -(division >> 8), division & 0xFF
    if rate not in SMPTE_RATES or not ticks:
        raise ValueError(f"it has an unknown SMPTE division of {rate} frames per second and {ticks} ticks per frame")
    return float(1 / ((Fraction(30000, 1001) if rate == DROP_FRAME_RATE else rate) * ticks))
