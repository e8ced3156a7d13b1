"""Inverse telecine: the frames of a film that was spread over the fields of video, two and three fields in turn.

The fields are divided into groups that show one frame of film each. Of each frame it is recorded which pictures of the
source hold its fields, so that it can be read by number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from reimagine.errors import MediaError
from reimagine.media.video.fields import Comparison
from reimagine.media.video.film import Film

IRREGULAR_COST = 3.0
"""Grey levels of combing that are worth two groups of equal length in succession, as after a cut in the video."""
ORPHAN_COST = 8.0
"""Grey levels of combing that are worth a field without a partner, as at a cut in the video."""
REPEAT_COST = 6.0
"""Grey levels at most that the third field of a group may cost by differing from the first, as compression lets it."""
BASELINE_REACH = 5
"""Fields on either side among which the least different ones belong to one film frame."""
COMBED = 8.0
"""Grey levels of combing, above that of neighbouring fields, from which on it is no noise of compression."""
MIN_LONG_GROUPS = 0.3
"""Least share of groups of three fields; telecined film has 0.5."""
MAX_STILL_COMBED = 0.3
"""Combing of the frames, and cost of fields without a partner, at most, as a share of the combing of the pictures."""
MAX_DRIFT = 3
"""Quarters of a picture's duration by which frames may be shown too early or late at a constant rate."""
OWN_TIMES = "cuts in the video interrupt its cadence: every frame keeps its own time"
"""Note on films that have no constant rate after telecine was undone."""
LENGTHS = (1, 2, 3)
"""Fields of a group: of a frame that has lost its other field, and of the frames of telecined film."""
LONG_GROUP = 3
"""Fields of the longer groups."""
INFINITE = float("inf")
"""Cost of what cannot be."""


def undo_telecine(film: Film, comparisons: Sequence[Comparison]) -> Film:
    """The film of four frames for every five pictures that is spread over the fields of another one.

    Args:
        film: a whole film of constant rate, as it is stored.
        comparisons: one for each of its pictures.

    Returns:
        A film that loses no frame of which both fields are left. Its rate is constant unless cuts in the video would
        shift frames by more than `MAX_DRIFT`; then each frame has its own time.

    Raises:
        MediaError: no telecine is found.
    """
    if film.ticks:
        raise MediaError(
            f"{film.source}: has a variable frame rate, so it is not telecined; leave --inverse-telecine out"
        )
    orders = [_Fields(comparisons, top_first) for top_first in (True, False)]
    (_, groups), fields = min(((order.groups(), order) for order in orders), key=lambda found: found[0][0])
    frames = [group for group in groups if group.length > 1]
    undone = replace(
        film,
        frames=len(frames),
        weave=tuple(fields.pictures(group.pair) for group in frames),
        interlaced=False,
        as_stored=False,
        notes=(*film.notes, *_checked(film, fields, groups)),
    )
    kept = slice(undone.pictures.start, undone.pictures.stop)
    undone = replace(undone, pts=film.pts[kept], packets=film.packets[kept])
    return _with_times(undone, [group.start for group in frames])


def _checked(film: Film, fields: _Fields, groups: Sequence[_Group]) -> Iterator[str]:
    """Notes on the frames that were found.

    Raises:
        MediaError: the groups are not those of telecined film, or leave frames combed.
    """
    frames = [group for group in groups if group.length > 1]
    orphans = len(groups) - len(frames)
    before = [excess for excess in fields.excess[::2] if excess > COMBED]
    after = [fields.excess[g.pair] for g in frames if fields.excess[g.pair] > COMBED]
    long_groups = sum(group.length == LONG_GROUP for group in frames)
    left = sum(after) + ORPHAN_COST * orphans
    if not before or long_groups < MIN_LONG_GROUPS * len(frames) or left > MAX_STILL_COMBED * sum(before):
        raise MediaError(
            f"{film.source}: no telecine is found ({len(before)} of {film.frames} pictures are combed); "
            "leave --inverse-telecine out"
        )
    yield f"telecine undone: {film.frames} pictures are {len(frames)} frames"
    if after:
        yield f"frames that are still combed: {len(after)}"
    if orphans:
        yield f"fields without a partner, left out: {orphans}"


def _with_times(film: Film, starts: list[int]) -> Film:
    """The film with four fifths of its rate, or with its frames' own times if they drift from those of that rate.

    Args:
        starts: number of the first field of each frame.
    """
    tick = 1 / (4 * film.rate)
    times = [0]
    for start in starts[1:]:
        expected, shown = times[-1] + 5, 2 * (start - starts[0])
        times.append(expected if abs(shown - expected) <= 1 else shown)
    later = float(2 * starts[0] * tick)
    film = replace(
        film, rate=film.rate * 4 / 5, start_time=film.start_time + later, sound_offset=film.sound_offset - later
    )
    if all(abs(time - 5 * n) <= MAX_DRIFT for n, time in enumerate(times)):
        return film
    return replace(film, ticks=tuple(times), tick=tick, notes=(*film.notes, OWN_TIMES))


class _Group(NamedTuple):
    """Consecutive fields of one film frame: number of the first one, and how many; one field alone is no frame."""

    start: int
    length: int

    @property
    def pair(self) -> int:
        """The first of the two fields of which the frame is made: both of one picture, if there are."""
        return self.start + self.start % 2 if self.length == LONG_GROUP else self.start


class _Fields:
    """The fields of a film in the order of their times.

    Attributes:
        top_first: whether the top field of a picture comes first.
        excess: combing of each field with the next one, above that of neighbouring pairs.
        repeated: difference of each field from the one after the next, above that of neighbours.
    """

    def __init__(self, comparisons: Sequence[Comparison], top_first: bool) -> None:
        self.top_first = top_first
        combing: list[float] = []
        difference: list[float] = []
        for number, pictures in enumerate(comparisons):
            if number:
                combing.append(pictures.top_first if top_first else pictures.bottom_first)
                difference += [pictures.top, pictures.bottom] if top_first else [pictures.bottom, pictures.top]
            combing.append(pictures.within)
        self.excess = _above_neighbours(combing)
        self.repeated = _above_neighbours(difference)

    def pictures(self, field: int) -> tuple[int, int]:
        """The pictures that hold the top and the bottom one of two fields, of which `field` is the first."""
        pair = field // 2, (field + 1) // 2
        return pair if self.top_first == (field % 2 == 0) else (pair[1], pair[0])

    def groups(self) -> tuple[float, list[_Group]]:
        """(cost, groups): the cheapest division of all fields into groups, by dynamic programming."""
        count = len(self.excess) + 1
        nothing = (INFINITE,) * len(LENGTHS)
        costs = deque([nothing, nothing, (0.0, INFINITE, INFINITE)], maxlen=LONG_GROUP)
        before: list[tuple[int, ...]] = []
        for end in range(1, count + 1):
            best = [self._best(costs[-length], end - length, length) for length in LENGTHS]
            costs.append(tuple(cost for cost, _ in best))
            before.append(tuple(length for _, length in best))
        total = min(costs[-1])
        length, end = LENGTHS[costs[-1].index(total)], count
        groups = []
        while end:
            groups.append(_Group(end - length, length))
            end, length = end - length, before[end - 1][LENGTHS.index(length)]
        return total, groups[::-1]

    def _best(self, previous: tuple[float, ...], start: int, length: int) -> tuple[float, int]:
        """(cost up to the end of a group, length of the group before it), the cheapest.

        Args:
            previous: cost up to `start`, for each length of the group before.
        """
        totals = [cost + IRREGULAR_COST * (last == length > 1) for last, cost in zip(LENGTHS, previous, strict=True)]
        least = min(totals)
        cost = least + self._cost(start, length) if least < INFINITE else INFINITE
        return cost, LENGTHS[totals.index(least)]

    def _cost(self, start: int, length: int) -> float:
        """What speaks against the fields being those of one frame, in grey levels."""
        if length == 1:
            return ORPHAN_COST
        combing = sum(self.excess[start : start + length - 1])
        return combing + min(self.repeated[start], REPEAT_COST) if length == LONG_GROUP else combing


def _above_neighbours(values: Sequence[float]) -> list[float]:
    """How much each value exceeds the least one within `BASELINE_REACH`."""
    reach = BASELINE_REACH
    return [value - min(values[max(0, n - reach) : n + reach + 1]) for n, value in enumerate(values)]
